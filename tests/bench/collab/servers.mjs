import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
const TICKS_PER_SECOND = 100;
/** Fewer, larger collections of short-lived objects. */
const TUNED_NODE = ['--max-semi-space-size=64'];

/** The servers that are compared. `basePath` is where their protocol is spoken. */
export const servers = {
    ours: {
        label: 'this server (fsynced acknowledgements)',
        protocol: 'hocuspocus',
        basePath: '/hocuspocus',
        command: (port, data) => [join(root, 'collab-server/bin/tandem-collab.mjs'), '--port', port, '--data', data, '--auth', 'none'],
    },
    'y-websocket': {
        label: 'y-websocket 2.1.0 (keeps nothing)',
        protocol: 'y',
        basePath: '/',
        command: () => [join(root, 'node_modules/y-websocket-2/bin/server.cjs')],
    },
    'y-websocket-tuned': {
        label: 'y-websocket 2.1.0, tuned (keeps nothing)',
        protocol: 'y',
        basePath: '/',
        command: (port) => [...TUNED_NODE, join(here, 'peer-y-websocket.mjs'), port],
    },
    'hocuspocus-3': {
        label: 'Hocuspocus 3.4.4 (keeps nothing)',
        protocol: 'hocuspocus',
        basePath: '/',
        command: (port) => [join(here, 'peer-hocuspocus.mjs'), 'hocuspocus-server-3', port],
    },
    'hocuspocus-3-tuned': {
        label: 'Hocuspocus 3.4.4, tuned (keeps nothing)',
        protocol: 'hocuspocus',
        basePath: '/',
        command: (port) => [...TUNED_NODE, join(here, 'peer-hocuspocus.mjs'), 'hocuspocus-server-3', port, 'tuned'],
    },
    'hocuspocus-4': {
        label: 'Hocuspocus 4.7.0 (keeps nothing)',
        protocol: 'hocuspocus',
        basePath: '/',
        command: (port) => [join(here, 'peer-hocuspocus.mjs'), '@hocuspocus/server', port],
    },
    'hocuspocus-4-tuned': {
        label: 'Hocuspocus 4.7.0, tuned: flushes every 5 ms (keeps nothing)',
        protocol: 'hocuspocus',
        basePath: '/',
        command: (port) => [...TUNED_NODE, join(here, 'peer-hocuspocus.mjs'), '@hocuspocus/server', port, 'tuned'],
    },
};

async function freePort() {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** Starts a server pinned to one core and waits until it listens. */
export async function startServer(name, { core = 0, data = mkdtempSync(join(tmpdir(), 'collab-bench-')), port, args: more = [] } = {}) {
    const server = servers[name];
    port ??= await freePort();
    const pin = core === undefined ? [] : ['taskset', '-c', String(core)];
    const [command, ...args] = [...pin, process.execPath, ...server.command(String(port), data), ...more];
    const child = spawn(command, args, {
        env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production' },
        stdio: ['ignore', 'ignore', 'inherit'],
    });
    let exited = false;
    child.on('exit', () => (exited = true));
    for (;;) {
        if (exited) {
            throw new Error(`${name} did not start`);
        }
        const listening = await new Promise((resolve) => {
            const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true));
            socket.on('error', () => resolve(false));
            socket.on('connect', () => socket.destroy());
        });
        if (listening) {
            break;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return {
        ...server,
        name,
        port,
        data,
        pid: child.pid,
        cpuMs: () => cpuMs(child.pid),
        rssBytes: () => memory(child.pid, 'VmRSS'),
        peakRssBytes: () => memory(child.pid, 'VmHWM'),
        async stop(signal = 'SIGTERM', keepData = false) {
            if (!exited) {
                const gone = new Promise((resolve) => child.once('exit', resolve));
                child.kill(signal);
                const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
                await gone;
                clearTimeout(timer);
            }
            if (!keepData) {
                rmSync(data, { recursive: true, force: true });
            }
        },
    };
}

/** CPU of a process, all its threads, user and system, in milliseconds. */
export function cpuMs(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** A finer clock: nanoseconds on a core, of every thread. */
export function cpuNs(pid) {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
        try {
            return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
        } catch {
            return sum;
        }
    }, 0);
}

function memory(pid, field) {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8')
        .split('\n')
        .find((text) => text.startsWith(`${field}:`));
    return Number(line.replace(/\D+/g, '')) * 1024;
}
