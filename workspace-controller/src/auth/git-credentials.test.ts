import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture } from '../http/testing/api-fixture.ts';

const hasSshKeygen = (() => {
    try {
        execFileSync('ssh-keygen', ['-?'], { stdio: 'ignore' });
    } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
    return true;
})();

describe('git credentials', () => {
    let fixture: ApiFixture;
    beforeEach(async () => {
        fixture = await ApiFixture.start();
        await fixture.addUser('ada');
        await fixture.addUser('bob');
    });
    afterEach(() => fixture.close());

    const ask = (owner: string, protocol: string, host: string) =>
        fixture.auth.credentialProvider(owner, { type: 'credential-request', id: '1', protocol, host });

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

    it.runIf(hasSshKeygen)('include an SSH key that OpenSSH takes', async () => {
        const made = await fixture.call(await fixture.browser('ada'), 'createSshKey');
        const { publicKey } = made.json<{ publicKey: string }>();
        const answer = (await ask('ada', 'ssh', 'github.com')) as { username: string; password: string };
        expect(answer.username).toBe('git');
        const folder = mkdtempSync(join(tmpdir(), 'tandem-ssh-'));
        const file = join(folder, 'id');
        writeFileSync(file, answer.password, { mode: 0o600 });
        const derived = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim();
        rmSync(folder, { recursive: true });
        expect(derived.split(' ').slice(0, 2)).toEqual(publicKey.split(' ').slice(0, 2));
    });
});
