import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';

const ide = path.dirname(import.meta.dirname);

export interface Backend {
    readonly url: string;
    readonly project: string;
    readonly process: ChildProcess;
    /** What the backend has printed. */
    readonly output: () => string;
    readonly stop: () => Promise<void>;
}

async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    return port;
}

/** Starts the built backend on an empty project folder, as the local runtime does, but on a TCP port. */
export async function startBackend(environment: Record<string, string> = {}): Promise<Backend> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'tandem-ide-'));
    const project = path.join(home, 'project');
    await mkdir(project);
    const port = await freePort();
    const child = spawn(
        process.execPath,
        [
            path.join(ide, 'lib/backend/main.js'),
            project,
            '--hostname',
            '127.0.0.1',
            '--port',
            String(port),
            `--plugins=local-dir:${path.join(ide, 'plugins')}`,
        ],
        {
            env: { ...process.env, HOME: home, THEIA_CONFIG_DIR: path.join(home, '.tandem-ide'), VSX_REGISTRY_URL: 'http://127.0.0.1:9', ...environment },
            stdio: ['ignore', 'pipe', 'pipe'],
        },
    );
    let output = '';
    const listening = new Promise<void>((resolve, reject) => {
        const read = (chunk: Buffer): void => {
            output += chunk.toString();
            if (output.includes('Theia app listening on')) {
                resolve();
            }
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.once('exit', code => reject(new Error(`The backend ended with ${code}:\n${output}`)));
    });
    await listening;
    return {
        url: `http://localhost:${port}/`,
        project,
        process: child,
        output: () => output,
        stop: async () => {
            child.removeAllListeners('exit');
            const exited = once(child, 'exit');
            child.kill('SIGTERM');
            await exited;
            await rm(home, { recursive: true, force: true, maxRetries: 5 });
        },
    };
}
