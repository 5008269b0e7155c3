import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sshCommand } from '../src/node/agent/git-identity';
import { AgentUnderTest, type Controller } from './agent-under-test';
import { SshServer } from './ssh-server';

const run = promisify(execFile);

describe.runIf(SshServer.available)('SSH in a workspace', () => {
    let server: SshServer;
    let url: string;
    let under: AgentUnderTest;
    let controller: Controller;
    let key: { line: string; privateKey: KeyObject };

    beforeAll(async () => {
        server = await SshServer.start();
        url = await server.create('web');
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
        key = newKey();
        await server.admit(key.line);
        under = await AgentUnderTest.start();
        controller = await under.dial();
        await controller.next('hello');
    });
    afterEach(() => under.stop());

    /** Answers as the controller does, for a person with this key or none. */
    function answerWith(person: typeof key | undefined): { signatures: () => number } {
        let signatures = 0;
        controller.socket.on('message', (data) => {
            const message = JSON.parse(String(data)) as { type: string; id: string; data: string };
            if (message.type === 'ssh-key-request') {
                controller.send({ type: 'ssh-key', id: message.id, ...(person && { publicKey: person.line }) });
            } else if (message.type === 'ssh-sign-request' && person !== undefined) {
                signatures++;
                const signature = sign(null, Buffer.from(message.data, 'base64'), person.privateKey).toString('base64');
                controller.send({ type: 'ssh-signature', id: message.id, signature });
            }
        });
        return { signatures: () => signatures };
    }
    async function activate(knownHosts: string): Promise<void> {
        controller.send(under.activation({ sshKnownHosts: knownHosts }));
        await controller.next('activated');
    }
    const prepare = async () => {
        controller.send({ type: 'prepare', id: 'p', source: { url } });
        return controller.next('prepared', 'prepare-failed');
    };
    /** As a terminal of the workspace does it. */
    const git = (...args: string[]) => run('git', args, { cwd: path.join(under.home, 'project'), env: under.environment });

    it('clones, fetches and pushes with a key that stays at the controller', async () => {
        const answers = answerWith(key);
        await activate(await server.hostKeyLine());
        expect(await prepare()).toMatchObject({ type: 'prepared' });
        await writeFile(path.join(under.home, 'project', 'new.txt'), 'x');
        await git('add', '.');
        await git('commit', '-q', '-m', 'over ssh');
        await git('push', '-q', 'origin', 'main');
        await git('fetch', 'origin');
        expect((await server.log('web'))[0]).toBe('over ssh');
        expect(answers.signatures()).toBe(3);

        expect((await stat(under.environment['SSH_AUTH_SOCK']!)).mode & 0o777).toBe(0o600);
        const secret = key.privateKey.export({ format: 'jwk' }).d!;
        expect(JSON.stringify(under.environment)).not.toContain(secret);
        await expect(run('grep', ['-rF', '-e', secret, '-e', 'PRIVATE KEY', under.home])).rejects.toMatchObject({ code: 1 });
    });

    it('signs commits with the same key', async () => {
        answerWith(key);
        await activate('');
        const { stdout } = await run('ssh-add', ['-L'], { env: under.environment });
        expect(stdout.trim()).toBe(key.line);
        await run('git', ['init', '-q', path.join(under.home, 'project')], { env: under.environment });
        const signed = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=key::${key.line}`];
        await git(...signed, 'commit', '-q', '-S', '--allow-empty', '-m', 'signed');
        expect((await git('cat-file', 'commit', 'HEAD')).stdout).toContain('-----BEGIN SSH SIGNATURE-----');
    });

    it('does not trust a host key that nobody has vouched for, and says which it is', async () => {
        answerWith(key);
        await activate('');
        const failed = await prepare();
        expect(failed).toMatchObject({ type: 'prepare-failed', code: 'git-host-key' });
        const { stdout } = await run('sh', ['-c', `echo '${await server.hostKeyLine()}' | ssh-keygen -lf -`]);
        expect((failed as { reason: string }).reason).toContain(stdout.split(' ')[1]);
    });

    it('tells of a host key that is another than before', async () => {
        answerWith(key);
        const [name] = (await server.hostKeyLine()).split(' ');
        await activate(`${name} ${newKey().line}`);
        const failed = await prepare();
        expect(failed).toMatchObject({ code: 'git-host-key' });
        expect((failed as { reason: string }).reason).toContain('somebody may be in between');
    });

    it('says that a key is missing when a person has none', async () => {
        answerWith(undefined);
        await activate(await server.hostKeyLine());
        const failed = await prepare();
        expect(failed).toMatchObject({ code: 'git-auth' });
        expect((failed as { reason: string }).reason).toContain('Make an SSH key');
    });

    it('fails at once while no controller is there', async () => {
        await activate(await server.hostKeyLine());
        const closed = controller.closed();
        controller.socket.close();
        await closed;
        const env = {
            ...under.environment,
            GIT_SSH_COMMAND: sshCommand(path.join(under.home, '.tandem', 'known_hosts'), ['-o BatchMode=yes']),
        };
        await expect(run('git', ['ls-remote', url], { cwd: under.home, env })).rejects.toThrow(/Permission denied/);
    });
});

function newKey(): { line: string; privateKey: KeyObject } {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const type = 'ssh-ed25519';
    const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
    const blob = Buffer.concat([field(Buffer.from(type)), field(raw)]).toString('base64');
    return { line: `${type} ${blob} ada@tandem`, privateKey };
}
