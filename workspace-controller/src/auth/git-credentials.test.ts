import { createPublicKey, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture } from '../http/testing/api-fixture.ts';

describe('git credentials', () => {
    let fixture: ApiFixture;
    beforeEach(async () => {
        fixture = await ApiFixture.start();
        await fixture.addUser('ada');
        await fixture.addUser('bob');
    });
    afterEach(() => fixture.close());

    const ask = (owner: string, protocol: string, host: string) =>
        fixture.auth.credentialProvider.git(owner, { type: 'credential-request', id: '1', protocol, host });

    it('are given to workspaces of their owner only', async () => {
        const browser = await fixture.browser('ada');
        const body = { username: 'ada', password: 'gh-secret' };
        expect((await fixture.call(browser, 'putGitCredential', { params: { host: 'GitHub.com' }, body })).statusCode).toBe(204);
        expect(await ask('ada', 'https', 'github.com')).toEqual(body);
        expect(await ask('bob', 'https', 'github.com')).toHaveProperty('refused');
        expect(await ask('ada', 'https', 'gitlab.com')).toHaveProperty('refused');
        expect(await ask('ada', 'ftp', 'github.com')).toHaveProperty('refused');
        const listed = await fixture.call(browser, 'listGitCredentials');
        expect(listed.json()).toMatchObject({ items: [{ host: 'github.com', username: 'ada' }] });
        expect(listed.body).not.toContain('gh-secret');
    });

    it('are sealed on disk', async () => {
        await fixture.auth.gitCredentials.put('ada', 'github.com', { username: 'ada', password: 'gh-secret' });
        const [row] = await fixture.database.query('SELECT sealed FROM git_credential');
        expect(Buffer.from(row?.['sealed'] as Uint8Array).includes('gh-secret')).toBe(false);
    });

    it('include an SSH key that signs for its owner and never leaves', async () => {
        const { credentialProvider } = fixture.auth;
        expect(await credentialProvider.sshKey('ada')).toEqual({});
        const made = await fixture.call(await fixture.browser('ada'), 'createSshKey');
        const { publicKey } = made.json<{ publicKey: string }>();
        expect(await credentialProvider.sshKey('ada')).toEqual({ publicKey });
        expect(await credentialProvider.sshKey('bob')).toEqual({});

        const key = publicKey.split(' ')[1] as string;
        const answer = await credentialProvider.sshSign('ada', { key, data: Buffer.from('payload').toString('base64') });
        const signature = Buffer.from('signature' in answer ? answer.signature : '', 'base64');
        // The last 32 bytes of SSH's form are the raw key.
        const x = Buffer.from(key, 'base64').subarray(-32).toString('base64url');
        const raw = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
        expect(verify(null, Buffer.from('payload'), raw, signature)).toBe(true);

        expect(await credentialProvider.sshSign('bob', { key, data: '' })).toHaveProperty('refused');
        await fixture.call(await fixture.browser('ada'), 'createSshKey');
        expect(await credentialProvider.sshSign('ada', { key, data: '' })).toHaveProperty('refused');
    });
});
