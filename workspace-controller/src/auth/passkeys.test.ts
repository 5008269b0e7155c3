import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { FakeClock } from '@tandem/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture, PORTAL } from '../http/testing/api-fixture.ts';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

/** An authenticator in software: one ES256 key, signing as a security key does. */
class SoftwareAuthenticator {
    readonly id = randomBytes(32);
    readonly origin: string;
    private readonly privateKey: KeyObject;
    private readonly publicKey: KeyObject;
    private counter = 0;

    constructor(origin = PORTAL.origin) {
        const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        this.origin = origin;
        this.privateKey = pair.privateKey;
        this.publicKey = pair.publicKey;
    }

    create(options: { challenge: string; rp: { id: string } }): object {
        const { x, y } = this.publicKey.export({ format: 'jwk' }) as { x: string; y: string };
        const coseKey = isoCBOR.encode(
            new Map<number, number | Uint8Array>([
                [1, 2],
                [3, -7],
                [-1, 1],
                [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
                [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
            ]) as never,
        );
        const length = Buffer.alloc(2);
        length.writeUInt16BE(this.id.length);
        const attested = Buffer.concat([Buffer.alloc(16), length, this.id, coseKey]);
        const authData = Buffer.concat([this.authenticatorData(options.rp.id, USER_PRESENT | USER_VERIFIED | ATTESTED), attested]);
        const attestation = isoCBOR.encode(
            new Map<string, unknown>([
                ['fmt', 'none'],
                ['attStmt', new Map()],
                ['authData', new Uint8Array(authData)],
            ]) as never,
        );
        return this.answer({
            clientDataJSON: this.clientData('webauthn.create', options.challenge).toString('base64url'),
            attestationObject: Buffer.from(attestation).toString('base64url'),
            transports: ['internal'],
        });
    }

    get(options: { challenge: string; rpId: string }, flags = USER_PRESENT | USER_VERIFIED): object {
        this.counter++;
        const authData = this.authenticatorData(options.rpId, flags);
        const clientData = this.clientData('webauthn.get', options.challenge);
        const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()]);
        return this.answer({
            clientDataJSON: clientData.toString('base64url'),
            authenticatorData: authData.toString('base64url'),
            signature: sign('sha256', signed, this.privateKey).toString('base64url'),
        });
    }

    private authenticatorData(rpId: string, flags: number): Buffer {
        const counter = Buffer.alloc(4);
        counter.writeUInt32BE(this.counter);
        return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), counter]);
    }

    private clientData(type: string, challenge: string): Buffer {
        return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
    }

    private answer(response: object): object {
        const id = this.id.toString('base64url');
        return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform', response };
    }
}

describe('passkeys', () => {
    let fixture: ApiFixture;
    beforeEach(async () => {
        fixture = await ApiFixture.start();
        await fixture.addUser('ada');
    });
    afterEach(() => fixture.close());

    const register = async (authenticator: SoftwareAuthenticator, user = 'ada') => {
        const browser = await fixture.browser(user);
        const begun = await fixture.call(browser, 'beginPasskeyRegistration');
        return fixture.call(browser, 'finishPasskeyRegistration', { body: authenticator.create(begun.json()) });
    };
    const begin = async (): Promise<{ challenge: string; rpId: string }> =>
        (await fixture.call(fixture.anonymous, 'beginPasskeySignIn')).json();
    const finish = (body: object) => fixture.call(fixture.anonymous, 'finishPasskeySignIn', { body });

    it('sign in who registered them', async () => {
        const authenticator = new SoftwareAuthenticator();
        expect((await register(authenticator)).statusCode).toBe(204);
        const answer = await finish(authenticator.get(await begin()));
        expect(answer.json()).toMatchObject({ user: { name: 'ada' }, hasCredential: true });
        expect(answer.headers['set-cookie']).toContain('tandem-session=');
    });

    it('do not sign in twice with one answer', async () => {
        const authenticator = new SoftwareAuthenticator();
        await register(authenticator);
        const body = authenticator.get(await begin());
        expect((await finish(body)).statusCode).toBe(200);
        expect((await finish(body)).json()).toMatchObject({ code: 'link-expired' });
    });

    it('do not sign in after five minutes, with another challenge, or from another origin', async () => {
        const authenticator = new SoftwareAuthenticator();
        await register(authenticator);
        const late = authenticator.get(await begin());
        (fixture.clock as FakeClock).advance(5 * 60_000);
        expect((await finish(late)).statusCode).toBe(401);
        expect((await finish(authenticator.get({ ...(await begin()), challenge: 'made-up' }))).statusCode).toBe(401);
        const elsewhere = Object.assign(authenticator, { origin: 'http://evil.tandem.localhost:24000' });
        expect((await finish(elsewhere.get(await begin()))).json()).toMatchObject({ code: 'wrong-credentials' });
    });

    it('do not sign in without the person being verified, or with another key', async () => {
        const authenticator = new SoftwareAuthenticator();
        await register(authenticator);
        expect((await finish(authenticator.get(await begin(), USER_PRESENT))).statusCode).toBe(401);
        const forged = Object.assign(new SoftwareAuthenticator(), { id: authenticator.id });
        expect((await finish(forged.get(await begin()))).statusCode).toBe(401);
        expect((await finish(new SoftwareAuthenticator().get(await begin()))).json()).toMatchObject({ code: 'wrong-credentials' });
    });

    it('cannot be registered with a challenge of someone else, or twice', async () => {
        await fixture.addUser('bob');
        const begun = await fixture.call(await fixture.browser('bob'), 'beginPasskeyRegistration');
        const authenticator = new SoftwareAuthenticator();
        const stolen = await fixture.call(await fixture.browser('ada'), 'finishPasskeyRegistration', {
            body: authenticator.create(begun.json()),
        });
        expect(stolen.statusCode).toBe(401);
        expect((await register(authenticator)).statusCode).toBe(204);
        expect((await register(authenticator)).json()).toMatchObject({ code: 'already-exists' });
    });

    it('are listed with their names, renamed, and removed, but never the last way in', async () => {
        await fixture.addUser('bob');
        const ada = await fixture.browser('ada');
        const [one, two] = [new SoftwareAuthenticator(), new SoftwareAuthenticator()];
        await register(one);
        await register(two);
        await finish(two.get(await begin()));
        const list = async () =>
            (await fixture.call(ada, 'listPasskeys')).json<{ items: { id: string; name: string; lastUsedAt?: string }[] }>().items;
        const [first, second] = await list();
        expect([first?.lastUsedAt, typeof second?.lastUsedAt]).toEqual([undefined, 'string']);
        const params = { id: first?.id ?? '' };
        expect((await fixture.call(ada, 'renamePasskey', { params, body: { name: ' Blue key ' } })).statusCode).toBe(204);
        expect((await list())[0]?.name).toBe('Blue key');

        const bob = await fixture.browser('bob');
        expect((await fixture.call(bob, 'deletePasskey', { params })).statusCode).toBe(404);
        expect((await fixture.call(bob, 'renamePasskey', { params, body: { name: 'mine' } })).statusCode).toBe(404);
        expect((await fixture.call(ada, 'deletePasskey', { params })).statusCode).toBe(204);
        expect((await finish(one.get(await begin()))).json()).toMatchObject({ code: 'wrong-credentials' });
        const last = await fixture.call(ada, 'deletePasskey', { params: { id: second?.id ?? '' } });
        expect(last.json()).toMatchObject({ code: 'wrong-state' });
        await fixture.auth.passwords.set('ada', 'correct horse');
        expect((await fixture.call(ada, 'deletePasskey', { params: { id: second?.id ?? '' } })).statusCode).toBe(204);
        expect(await list()).toEqual([]);
    });

    it('say what is wrong with what is no answer of a browser', async () => {
        for (const body of [{}, { id: 'x', response: {} }, { id: 'x', response: { clientDataJSON: 'bm8' } }]) {
            expect((await finish(body)).json()).toMatchObject({ code: 'invalid-request', pointer: '/response' });
        }
    });
});
