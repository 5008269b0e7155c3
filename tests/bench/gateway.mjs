// npm run bench:gateway: what the gateway adds between a browser and a workspace, measured beside a direct connection
// to the same backend in the same run. Prints a table, and JSON with --json.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const MEGABYTE = 1024 * 1024;
const full = process.env.TANDEM_TEST_SIZE === 'full';
const sizes = full
    ? { requests: 10_000, downloadMiB: 1024, uploadMiB: 512, messages: 10_000, streamMiB: 512 }
    : { requests: 2_000, downloadMiB: 256, uploadMiB: 128, messages: 2_000, streamMiB: 128 };

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-gateway-'));
const socketPath = join(folder, 'ide.sock');
const children = [];

/** Starts a part in a process of its own and resolves with what it says first. */
function start(script, args) {
    const child = spawn(process.execPath, [join(here, 'gateway', script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return new Promise((resolve, reject) => {
        child.stdout.once('data', (chunk) => resolve(JSON.parse(chunk.toString())));
        child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
    });
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function exchange(way, agent, { path, method = 'GET', body }) {
    return new Promise((resolve, reject) => {
        const outgoing = request({
            ...way.address,
            agent,
            path,
            method,
            headers: { ...way.headers, ...(body ? { 'Content-Length': body * MEGABYTE } : {}) },
        });
        outgoing.on('error', reject);
        outgoing.on('response', (incoming) => {
            let bytes = 0;
            incoming.on('data', (chunk) => (bytes += chunk.length));
            incoming.on('end', () => (incoming.statusCode === 200 ? resolve(bytes) : reject(new Error(`${path}: ${incoming.statusCode}`))));
        });
        if (body) {
            const piece = Buffer.alloc(MEGABYTE);
            let left = body;
            const send = () => {
                while (left > 0) {
                    left--;
                    if (!outgoing.write(piece)) {
                        outgoing.once('drain', send);
                        return;
                    }
                }
                outgoing.end();
            };
            send();
        } else {
            outgoing.end();
        }
    });
}

async function requestLatency(way) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const times = [];
    for (let index = 0; index < sizes.requests + 200; index++) {
        const startedAt = performance.now();
        await exchange(way, agent, { path: '/small' });
        if (index >= 200) {
            times.push(performance.now() - startedAt);
        }
    }
    agent.destroy();
    return times.sort((a, b) => a - b);
}

async function throughput(way, call, mebibytes) {
    const agent = new Agent({ keepAlive: true });
    const startedAt = performance.now();
    await exchange(way, agent, call);
    agent.destroy();
    return mebibytes / ((performance.now() - startedAt) / 1000);
}

function openSocket(way) {
    const { socketPath: path, host, port } = way.address;
    const url = path ? `ws+unix://${path}:/socket` : `ws://${host}:${port}/socket`;
    const socket = new WebSocket(url, { headers: way.headers, perMessageDeflate: false });
    return new Promise((resolve, reject) => {
        socket.once('open', () => resolve(socket));
        socket.once('error', reject);
    });
}

async function messageLatency(way) {
    const socket = await openSocket(way);
    const times = [];
    const message = Buffer.alloc(200);
    for (let index = 0; index < sizes.messages + 200; index++) {
        const startedAt = performance.now();
        socket.send(message);
        await new Promise((resolve) => socket.once('message', resolve));
        if (index >= 200) {
            times.push(performance.now() - startedAt);
        }
    }
    socket.terminate();
    return times.sort((a, b) => a - b);
}

async function streamRate(way) {
    const socket = await openSocket(way);
    let received = 0;
    const startedAt = performance.now();
    await new Promise((resolve) => {
        socket.on('message', (data) => {
            received += data.length;
            if (received >= sizes.streamMiB * MEGABYTE) {
                resolve();
            }
        });
        socket.send(`stream ${sizes.streamMiB}`);
    });
    socket.terminate();
    return sizes.streamMiB / ((performance.now() - startedAt) / 1000);
}

try {
    await start('backend.mjs', [socketPath]);
    const { port, headers } = await start('front.mjs', [socketPath, folder]);
    const ways = {
        direct: { address: { socketPath }, headers: { Host: 'localhost' } },
        gateway: { address: { host: '127.0.0.1', port }, headers },
    };
    const results = {};
    for (const [name, way] of Object.entries(ways)) {
        const requests = await requestLatency(way);
        const messages = await messageLatency(way);
        results[name] = {
            'request p50 ms': percentile(requests, 0.5),
            'request p99 ms': percentile(requests, 0.99),
            'message p50 ms': percentile(messages, 0.5),
            'message p99 ms': percentile(messages, 0.99),
            'download MiB/s': await throughput(way, { path: `/download?${sizes.downloadMiB}` }, sizes.downloadMiB),
            'upload MiB/s': await throughput(way, { path: '/upload', method: 'POST', body: sizes.uploadMiB }, sizes.uploadMiB),
            'WebSocket MiB/s': await streamRate(way),
        };
    }
    if (process.argv.includes('--json')) {
        console.log(JSON.stringify(results));
    } else {
        console.log(`${'measure'.padEnd(18)} ${'direct'.padStart(10)} ${'gateway'.padStart(10)} ${'difference'.padStart(12)}`);
        for (const [measure, direct] of Object.entries(results.direct)) {
            const through = results.gateway[measure];
            const difference = measure.endsWith('ms') ? `+${(through - direct).toFixed(3)}` : `× ${(through / direct).toFixed(2)}`;
            console.log(
                `${measure.padEnd(18)} ${direct.toFixed(3).padStart(10)} ${through.toFixed(3).padStart(10)} ${difference.padStart(12)}`,
            );
        }
    }
} finally {
    children.forEach((child) => child.removeAllListeners('exit').kill());
    rmSync(folder, { recursive: true, force: true });
}
