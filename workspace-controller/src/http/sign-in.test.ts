import { REQUEST_SECRET_HEADER } from '@tandem/protocol';
import type { FakeClock } from '@tandem/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture, cookieOf, PORTAL } from './testing/api-fixture.ts';

const origin = PORTAL.origin;

describe('signing in', () => {
    let fixture: ApiFixture;
    beforeEach(async () => {
        fixture = await ApiFixture.start();
    });
    afterEach(() => fixture.close());

    const tokenOf = (link: string): string => new URL(link).hash.replace('#token=', '');

    it('makes the first admin by the printed link, once', async () => {
        const options = await fixture.call(fixture.anonymous, 'getSignInOptions');
        expect(options.json()).toMatchObject({ awaitsFirstAdmin: true });
        const token = tokenOf(await fixture.auth.issueSignInLink());
        const first = await fixture.call(fixture.anonymous, 'signInWithLink', { body: { token } });
        expect(first.statusCode).toBe(200);
        expect(first.json()).toMatchObject({
            user: { name: 'admin', admin: true },
            teams: [{ name: 'home', role: 'lead' }],
            hasCredential: false,
        });
        expect(first.headers['set-cookie']).toMatch(
            /^__Host-tandem-session=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
        );
        const again = await fixture.call(fixture.anonymous, 'signInWithLink', { body: { token } });
        expect(again.statusCode).toBe(401);
        expect(again.json()).toMatchObject({ code: 'link-expired' });
        expect(fixture.auth.awaitsFirstAdmin).toBe(false);
        const session = await fixture.call({ name: 'admin', headers: { cookie: cookieOf(first) } }, 'getSession');
        expect(session.json()).toMatchObject({ user: { name: 'admin' } });
        expect(session.json()).not.toHaveProperty('requestSecret');
    });

    it('refuses a sign-in link after 15 minutes and when a newer one was printed', async () => {
        const old = tokenOf(await fixture.auth.issueSignInLink());
        const newer = tokenOf(await fixture.auth.issueSignInLink());
        expect((await fixture.call(fixture.anonymous, 'signInWithLink', { body: { token: old } })).statusCode).toBe(401);
        (fixture.clock as FakeClock).advance(15 * 60_000);
        expect((await fixture.call(fixture.anonymous, 'signInWithLink', { body: { token: newer } })).statusCode).toBe(401);
    });

    it('lets an invited person in once, with a password that works afterwards', async () => {
        await fixture.addUser('root', { admin: true });
        const admin = await fixture.browser('root');
        const created = await fixture.call(admin, 'createInvitation', { body: { email: 'Ada@Example.com', team: 'home', role: 'lead' } });
        expect(created.statusCode).toBe(201);
        const id = new URL(created.json<{ url: string }>().url).hash.replace('#token=', '');
        expect((await fixture.call(fixture.anonymous, 'getInvitation', { params: { id } })).json()).toMatchObject({
            email: 'Ada@Example.com',
        });
        const body = { displayName: 'Ada', password: 'correct horse' };
        const accepted = await fixture.call(fixture.anonymous, 'acceptInvitation', { params: { id }, body });
        expect(accepted.json()).toMatchObject({ user: { name: 'ada' }, teams: [{ name: 'home', role: 'lead' }], hasCredential: true });
        expect((await fixture.call(fixture.anonymous, 'acceptInvitation', { params: { id }, body })).statusCode).toBe(401);
        const wrong = await fixture.call(fixture.anonymous, 'signInWithPassword', {
            body: { email: 'ada@example.com', password: 'wrong' },
        });
        expect(wrong.json()).toMatchObject({ code: 'wrong-credentials', status: 401 });
        const right = await fixture.call(fixture.anonymous, 'signInWithPassword', {
            body: { email: 'ADA@example.com ', password: 'correct horse' },
        });
        expect(right.statusCode).toBe(200);
        const audit = await fixture.audit.list({ limit: 10, action: 'session.sign-in' });
        expect(audit.items.map(({ actor, outcome }) => `${actor} ${outcome}`)).toEqual(['ada allowed', 'ada@example.com denied']);
    });

    it('stops guessing after ten wrong passwords, until the window has passed', async () => {
        await fixture.addUser('ada');
        await fixture.auth.passwords.set('ada', 'correct horse');
        const attempt = (password: string) =>
            fixture.call(fixture.anonymous, 'signInWithPassword', { body: { email: 'ada@example.com', password } });
        const codes = await Promise.all(Array.from({ length: 12 }, () => attempt('wrong').then((answer) => answer.statusCode)));
        expect(codes.filter((code) => code === 401)).toHaveLength(10);
        expect(codes.filter((code) => code === 429)).toHaveLength(2);
        expect((await attempt('correct horse')).statusCode).toBe(429);
        (fixture.clock as FakeClock).advance(15 * 60_000);
        expect((await attempt('correct horse')).statusCode).toBe(200);
    });

    it('signs out at once, on every replica of the cookie', async () => {
        await fixture.addUser('ada');
        const browser = await fixture.browser('ada');
        const told: string[] = [];
        fixture.auth.revocations.onDidRevoke((revocation) => told.push(`${revocation.kind} ${revocation.id}`));
        const answer = await fixture.call(browser, 'signOut');
        expect(answer.statusCode).toBe(204);
        expect(answer.headers['set-cookie']).toContain('Max-Age=0');
        expect(told).toEqual([`session ${browser.sessionId}`]);
        expect((await fixture.call(browser, 'getSession')).statusCode).toBe(401);
    });

    it('ends sessions and tokens of a disabled person and refuses new ones', async () => {
        await fixture.addUser('root', { admin: true });
        await fixture.addUser('ada');
        await fixture.auth.passwords.set('ada', 'correct horse');
        const [admin, browser, script] = [
            await fixture.browser('root'),
            await fixture.browser('ada'),
            await fixture.script('ada', 'admin'),
        ];
        expect((await fixture.call(admin, 'updateUser', { params: { name: 'ada' }, body: { disabled: true } })).statusCode).toBe(200);
        expect((await fixture.call(browser, 'getMe')).statusCode).toBeGreaterThanOrEqual(401);
        expect((await fixture.call(script, 'getMe')).statusCode).toBe(401);
        const answer = await fixture.call(fixture.anonymous, 'signInWithPassword', {
            body: { email: 'ada@example.com', password: 'correct horse' },
        });
        expect(answer.json()).toMatchObject({ code: 'user-disabled' });
        expect(answer.headers['set-cookie']).toBeUndefined();
    });

    it('keeps sessions, tokens and revocations over a restart', async () => {
        await fixture.addUser('ada');
        const [browser, script, ended] = [await fixture.browser('ada'), await fixture.script('ada', 'read'), await fixture.browser('ada')];
        await fixture.call(ended, 'signOut');
        const { sequence } = fixture.auth.revocations;
        await fixture.shut();
        await fixture.open();
        expect((await fixture.call(browser, 'getMe')).statusCode).toBe(200);
        expect((await fixture.call(script, 'getMe')).statusCode).toBe(200);
        expect((await fixture.call(ended, 'getMe')).statusCode).toBe(401);
        expect(fixture.auth.revocations.sequence).toBe(sequence);
    });

    it('forgets a session that was not used for two weeks', async () => {
        await fixture.addUser('ada');
        const browser = await fixture.browser('ada');
        (fixture.clock as FakeClock).advance(13 * 24 * 3_600_000);
        expect((await fixture.call(browser, 'getMe')).statusCode).toBe(200);
        (fixture.clock as FakeClock).advance(14 * 24 * 3_600_000 + 1);
        expect((await fixture.call(browser, 'getMe')).statusCode).toBe(401);
    });

    it('asks before a second person joins a machine on which people could read each other’s files', async () => {
        await fixture.close();
        fixture = await ApiFixture.start({ isolated: false });
        await fixture.addUser('root', { admin: true });
        const admin = await fixture.browser('root');
        const invite = () => fixture.call(admin, 'createInvitation', { body: { email: 'ada@example.com' } });
        expect((await invite()).json()).toMatchObject({ code: 'shared-machine-not-accepted', status: 412 });
        await fixture.call(admin, 'acceptSharedMachine', { body: { accepted: true } });
        expect((await invite()).statusCode).toBe(201);
    });

    describe('calls by cookie that change something', () => {
        const body = { displayName: 'New' };

        it.each([
            ['from another origin', { origin: 'https://evil.example.com' }],
            ['from a workspace’s origin', { origin: 'http://api-x7k2.ws.tandem.localhost:24000' }],
            ['from an opaque origin', { origin: 'null' }],
            ['with a wrong secret', { [REQUEST_SECRET_HEADER]: 'wrong' }],
        ])('are refused %s', async (_, headers) => {
            await fixture.addUser('ada');
            const browser = await fixture.browser('ada');
            const answer = await fixture.call(browser, 'updateMe', { body, headers });
            expect(answer.json()).toMatchObject({ code: 'origin-refused', status: 403 });
            expect(fixture.auth.rights.user('ada')?.spec.displayName).toBe('ada');
        });

        it('are refused without an origin or without the secret', async () => {
            await fixture.addUser('ada');
            const browser = await fixture.browser('ada');
            const { cookie } = browser.headers as { cookie: string };
            for (const headers of [{ cookie }, { cookie, origin }] as Record<string, string>[]) {
                expect((await fixture.call({ name: 'ada', headers }, 'updateMe', { body })).statusCode).toBe(403);
            }
        });

        it('get a lost secret again by the origin alone', async () => {
            await fixture.addUser('ada');
            const browser = await fixture.browser('ada');
            const { cookie } = browser.headers as { cookie: string };
            const renewed = await fixture.call({ name: 'ada', headers: { cookie, origin } }, 'renewRequestSecret');
            const { requestSecret } = renewed.json<{ requestSecret: string }>();
            const answer = await fixture.call(
                { name: 'ada', headers: { cookie, origin, [REQUEST_SECRET_HEADER]: requestSecret } },
                'updateMe',
                { body },
            );
            expect(answer.statusCode).toBe(200);
            const elsewhere = await fixture.call(
                { name: 'ada', headers: { cookie, origin: 'https://evil.example.com' } },
                'renewRequestSecret',
            );
            expect(elsewhere.statusCode).toBe(403);
        });

        it('are exempt with a token and no cookie', async () => {
            await fixture.addUser('ada');
            const script = await fixture.script('ada', 'admin');
            expect((await fixture.call(script, 'updateMe', { body })).statusCode).toBe(200);
        });

        it('cannot sign a browser in from another site', async () => {
            const token = tokenOf(await fixture.auth.issueSignInLink());
            const answer = await fixture.call({ name: undefined, headers: { origin: 'https://evil.example.com' } }, 'signInWithLink', {
                body: { token },
            });
            expect(answer.json()).toMatchObject({ code: 'origin-refused' });
        });
    });
});
