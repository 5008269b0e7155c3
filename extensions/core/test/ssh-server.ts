import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = '/usr/sbin/sshd';

/** A real OpenSSH server on a loopback port that serves git repositories to one key. */
export class SshServer {
    static readonly available = existsSync(PROGRAM);

    private constructor(
        private readonly folder: string,
        private readonly process: ChildProcess,
        readonly port: number,
    ) {}

    static async start(): Promise<SshServer> {
        const folder = await mkdtemp(path.join(tmpdir(), 'tandem-sshd-'));
        const port = await freePort();
        await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, 'host')]);
        await writeFile(path.join(folder, 'authorized_keys'), '', { mode: 0o600 });
        const config = [
            `Port ${port}`,
            'ListenAddress 127.0.0.1',
            `HostKey ${path.join(folder, 'host')}`,
            `AuthorizedKeysFile ${path.join(folder, 'authorized_keys')}`,
            `PidFile ${path.join(folder, 'pid')}`,
            'AuthenticationMethods publickey',
            'UsePAM no',
            'StrictModes no',
            'PermitRootLogin prohibit-password',
        ];
        await writeFile(path.join(folder, 'sshd_config'), `${config.join('\n')}\n`);
        if (process.getuid?.() === 0) {
            // Where Debian's sshd, started as root, goes before anybody has signed in.
            await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
        }
        const child = spawn(PROGRAM, ['-D', '-e', '-f', path.join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
        await new Promise<void>((resolve, reject) => {
            let log = '';
            child.stderr.setEncoding('utf8').on('data', (text: string) => {
                log += text;
                if (log.includes('Server listening')) {
                    resolve();
                }
            });
            child.once('error', reject);
            child.once('exit', () => reject(new Error(`sshd did not start: ${log}`)));
        });
        return new SshServer(folder, child, port);
    }

    /** Lets this key in, and no other. @param line as in `authorized_keys` */
    async admit(line: string): Promise<void> {
        await writeFile(path.join(this.folder, 'authorized_keys'), `${line}\n`, { mode: 0o600 });
    }

    /** The line of a `known_hosts` file. */
    async hostKeyLine(): Promise<string> {
        const [type, key] = (await readFile(path.join(this.folder, 'host.pub'), 'utf8')).split(' ');
        return `[127.0.0.1]:${this.port} ${type} ${key}`;
    }

    /** A bare repository with one commit. @returns its address */
    async create(name: string): Promise<string> {
        const bare = path.join(this.folder, `${name}.git`);
        const work = path.join(this.folder, name);
        const git = (...args: string[]): Promise<unknown> =>
            run('git', ['-C', work, '-c', 'user.name=Test', '-c', 'user.email=t@example.com', ...args]);
        await mkdir(work);
        await git('init', '-q', '-b', 'main');
        await writeFile(path.join(work, 'README.md'), `# ${name}\n`);
        await git('add', '.');
        await git('commit', '-q', '-m', 'first');
        await run('git', ['clone', '-q', '--bare', work, bare]);
        return `ssh://${userInfo().username}@127.0.0.1:${this.port}${bare}`;
    }

    /** Subjects of the commits of `main`, newest first. */
    async log(name: string): Promise<string[]> {
        const { stdout } = await run('git', ['-C', path.join(this.folder, `${name}.git`), 'log', '--format=%s', 'main']);
        return stdout.trim().split('\n');
    }

    async stop(): Promise<void> {
        this.process.removeAllListeners('exit');
        const gone = new Promise((resolve) => this.process.once('exit', resolve));
        this.process.kill();
        await gone;
        await rm(this.folder, { recursive: true, force: true });
    }
}

function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer().once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address() as { port: number };
            server.close(() => resolve(port));
        });
    });
}
