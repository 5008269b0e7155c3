import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';

const ide = path.dirname(import.meta.dirname);
const logs = path.join(path.dirname(ide), 'test-results/backends');

export interface Backend {
    readonly url: string;
    readonly project: string;
    /** What the backend has printed. */
    readonly output: () => string;
    /** Kills the backend and starts another one on the same files and port. */
    readonly restart: () => Promise<void>;
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

interface Running {
    readonly process: ChildProcess;
    readonly output: () => string;
}

async function run(home: string, project: string, port: number, environment: Readonly<Record<string, string>>): Promise<Running> {
    const options = ['--hostname', '127.0.0.1', '--port', String(port), `--plugins=local-dir:${path.join(ide, 'plugins')}`];
    const child = spawn(process.execPath, [path.join(ide, 'lib/backend/main.js'), project, ...options], {
        env: {
            ...process.env,
            HOME: home,
            THEIA_CONFIG_DIR: path.join(home, '.tandem-ide'),
            THEIA_WEBVIEW_EXTERNAL_ENDPOINT: 'wv-{{uuid}}-{{hostname}}',
            TANDEM_CONTENT_DOMAIN: `ws.tandem.localhost:${port}`,
            VSX_REGISTRY_URL: 'http://127.0.0.1:9',
            ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
        const read = (chunk: Buffer): void => {
            output += chunk.toString();
            if (output.includes('Theia app listening on')) {
                resolve();
            }
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.once('exit', (code) => reject(new Error(`The backend ended with ${code}:\n${output}`)));
    });
    return { process: child, output: () => output };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
}

/** Starts the built backend on an empty project folder, as the local runtime does, but on a TCP port. */
export async function startBackend(environment: Readonly<Record<string, string>> = {}): Promise<Backend> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'tandem-ide-'));
    const project = path.join(home, 'project');
    await mkdir(project);
    const port = await freePort();
    let running = await run(home, project, port, environment);
    return {
        // Webviews need a host of the same site; browsers resolve all of *.localhost to this machine.
        url: `http://demo.ws.tandem.localhost:${port}/`,
        project,
        output: () => running.output(),
        restart: async () => {
            await end(running.process, 'SIGKILL');
            running = await run(home, project, port, environment);
        },
        stop: async () => {
            await end(running.process, 'SIGTERM');
            await mkdir(logs, { recursive: true });
            await writeFile(path.join(logs, `backend-${port}.log`), running.output());
            await rm(home, { recursive: true, force: true, maxRetries: 5 });
        },
    };
}
