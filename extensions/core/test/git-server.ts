import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real git server over HTTP (`git http-backend`): `/open/<name>.git` for all, `/closed/<name>.git` with a password. */
export class GitServer {
    readonly username = 'ada';
    readonly password = 'sesame';
    private constructor(
        private readonly folder: string,
        private readonly server: Server,
        private readonly backend: string,
    ) {}

    static async start(): Promise<GitServer> {
        const folder = await mkdtemp(path.join(tmpdir(), 'tandem-git-'));
        const { stdout } = await run('git', ['--exec-path']);
        const server = createServer();
        const gitServer = new GitServer(folder, server, path.join(stdout.trim(), 'git-http-backend'));
        server.on('request', (request, response) => gitServer.serve(request, response));
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return gitServer;
    }

    url(kind: 'open' | 'closed', name: string): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${kind}/${name}.git`;
    }

    /** Makes a repository with a branch `main`, a branch `topic` and a tag `v1`. @returns the first commit */
    async create(name: string, files: Readonly<Record<string, string>>): Promise<string> {
        const work = path.join(this.folder, 'work', name);
        const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
        const git = (...args: string[]) => run('git', [...identity, ...args], { cwd: work });
        await run('git', ['init', '-q', '-b', 'main', work]);
        for (const [file, content] of Object.entries(files)) {
            await writeFile(path.join(work, file), content, { mode: file.endsWith('.sh') ? 0o755 : 0o644 });
        }
        await git('add', '.');
        await git('commit', '-qm', 'first');
        await git('tag', 'v1');
        const { stdout } = await git('rev-parse', 'HEAD');
        await git('checkout', '-q', '-b', 'topic');
        await git('commit', '-q', '--allow-empty', '-m', 'second');
        await git('checkout', '-q', 'main');
        await git('commit', '-q', '--allow-empty', '-m', 'third');
        for (const kind of ['open', 'closed']) {
            const bare = path.join(this.folder, kind, `${name}.git`);
            await run('git', ['clone', '-q', '--bare', work, bare]);
            await run('git', ['config', 'http.receivepack', 'true'], { cwd: bare });
        }
        return stdout.trim();
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
        await rm(this.folder, { recursive: true, force: true });
    }

    private serve(request: IncomingMessage, response: ServerResponse): void {
        const [pathname = '/', query = ''] = (request.url ?? '/').split('?');
        const expected = `Basic ${Buffer.from(`${this.username}:${this.password}`).toString('base64')}`;
        if (pathname.startsWith('/closed/') && request.headers.authorization !== expected) {
            response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
            return;
        }
        if (pathname.startsWith('/silent/')) {
            return;
        }
        const child = spawn(this.backend, {
            env: {
                ...process.env,
                GIT_PROJECT_ROOT: this.folder,
                GIT_HTTP_EXPORT_ALL: '1',
                PATH_INFO: pathname,
                QUERY_STRING: query,
                REQUEST_METHOD: request.method,
                CONTENT_TYPE: request.headers['content-type'] ?? '',
                HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
                REMOTE_USER: 'ada',
            },
            stdio: ['pipe', 'pipe', 'ignore'],
        });
        request.pipe(child.stdin);
        child.stdin.on('error', () => undefined);
        let head = Buffer.alloc(0);
        const onData = (chunk: Buffer): void => {
            head = Buffer.concat([head, chunk]);
            const end = head.indexOf('\r\n\r\n');
            if (end < 0) {
                return;
            }
            child.stdout.off('data', onData);
            for (const line of head.subarray(0, end).toString().split('\r\n')) {
                const [name = '', value = ''] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()];
                if (name.toLowerCase() === 'status') {
                    response.statusCode = Number.parseInt(value, 10);
                } else {
                    response.setHeader(name, value);
                }
            }
            response.write(head.subarray(end + 4));
            child.stdout.pipe(response);
        };
        child.stdout.on('data', onData);
    }
}
