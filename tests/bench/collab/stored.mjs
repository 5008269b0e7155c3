import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Y from 'yjs';
import { SqliteUpdateLog } from '@tandem/collab-server';
import { RawClient } from './raw-client.mjs';
import { startServer } from './servers.mjs';

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** A room without members is unloaded after 30 s. */
const IDLE_MS = 33_000;

function note(text) {
    const doc = new Y.Doc();
    doc.getText('t').insert(0, text);
    return Y.encodeStateAsUpdate(doc);
}

const metric = async (server, name) => {
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    return Number(new RegExp(`^tandem_collab_${name} (\\S+)$`, 'm').exec(text)?.[1]);
};

/** Opens `count` documents one after the other, lets them go, and looks at what stays in the process. */
export async function idleDocuments(count) {
    // All load comes from one address here.
    const limits = join(mkdtempSync(join(tmpdir(), 'collab-bench-limits-')), 'limits.json');
    writeFileSync(limits, '{"connectionsPerSecond": 100000}');
    const server = await startServer('ours', { args: ['--limits', limits] });
    const open = async (from, to) => {
        for (let index = from; index < to; index += 50) {
            const clients = Array.from({ length: Math.min(50, to - index) }, (_, offset) => {
                const client = new RawClient({
                    port: server.port,
                    protocol: 'hocuspocus',
                    room: `idle/${index + offset}`,
                    writer: index + offset,
                });
                client.handshake(server.basePath);
                return client;
            });
            await Promise.all(clients.map((client) => client.whenSynced));
            clients.forEach((client) => client.edit(1));
            // The acknowledgement after the one for our empty answer: the edit is stored.
            while (clients.some((client) => client.acked < 2)) {
                await delay(2);
            }
            clients.forEach((client) => client.close());
        }
    };
    // The process has done this before: what grows from here on is the documents' share.
    await open(0, 1_000);
    await delay(IDLE_MS);
    const before = { rss: server.rssBytes(), rooms: await metric(server, 'rooms_open') };
    await open(1_000, 1_000 + count);
    const opened = { rss: server.rssBytes(), rooms: await metric(server, 'rooms_open') };
    await delay(IDLE_MS);
    const cpuBefore = server.cpuMs();
    await delay(5_000);
    const cpuShare = (server.cpuMs() - cpuBefore) / 5_000;
    const after = { rss: server.rssBytes(), rooms: await metric(server, 'rooms_open') };
    await server.stop();
    return { before, opened, after, cpuShare };
}

/** Starts on a store of one document and on one of `count`, in turn: until it listens, and until a document is served. */
export async function storedDocuments(count, repeats) {
    const directories = [1, count].map((size) => ({ size, data: mkdtempSync(join(tmpdir(), 'collab-bench-stored-')), results: [] }));
    for (const { size, data } of directories) {
        const log = await SqliteUpdateLog.open(data);
        const update = note('a note of some length, as people keep them');
        for (let index = 0; index < size; index += 2_000) {
            const rooms = Array.from({ length: Math.min(2_000, size - index) }, (_, offset) => ({
                room: `stored/${index + offset}`,
                updates: [update],
            }));
            await log.append(rooms);
        }
        await log.close();
    }
    for (let repeat = 0; repeat < repeats; repeat++) {
        for (const { size, data, results } of directories) {
            const startedAt = performance.now();
            const server = await startServer('ours', { data });
            const listeningMs = performance.now() - startedAt;
            const client = new RawClient({ port: server.port, protocol: 'hocuspocus', room: `stored/${Math.floor(size / 2)}`, writer: 1 });
            client.handshake(server.basePath);
            await client.whenSynced;
            const servedMs = performance.now() - startedAt;
            if (client.step2Bytes < 40) {
                throw new Error(`The document in the middle of ${size} was empty.`);
            }
            results.push({ listeningMs, servedMs, cpuMs: server.cpuMs(), rssMiB: server.rssBytes() / 2 ** 20 });
            client.close();
            await server.stop('SIGTERM', repeat < repeats - 1);
        }
    }
    return directories.map(({ size, results }) => ({ size, results }));
}
