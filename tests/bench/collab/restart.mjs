import { startServer } from './servers.mjs';
import { RawClient, nowUs } from './raw-client.mjs';
import * as Y from 'yjs';

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills the server under load and lets everybody come back at once. Counts acknowledged updates that are gone. */
export async function reconnectStorm(count) {
    const rooms = Math.ceil(count / 5);
    const first = await startServer('ours');
    const connect = (server, writer) => {
        const client = new RawClient({
            port: server.port,
            protocol: 'hocuspocus',
            room: `storm-${writer % rooms}`,
            writer,
            onMarker: () => undefined,
        });
        client.handshake('/hocuspocus');
        return client;
    };
    const clients = Array.from({ length: count }, (_, writer) => connect(first, writer));
    await Promise.all(clients.map((client) => client.whenSynced));
    const typing = setInterval(() => clients.forEach((client) => Math.random() < 0.1 && client.edit(nowUs())), 10);
    await delay(2_000);
    await first.stop('SIGKILL', true);
    clearInterval(typing);
    await delay(100);
    const startedAt = performance.now();
    const second = await startServer('ours', { data: first.data, port: first.port });
    const back = Array.from({ length: count }, (_, writer) => connect(second, writer));
    const documents = new Map();
    for (const client of back.slice(0, rooms)) {
        const { message } = client;
        client.message = function (payload) {
            const at = this.prefix.length;
            if (payload[at] === 0 && payload[at + 1] === 1) {
                documents.set(this.room, Buffer.from(payload.subarray(at + 2)));
            }
            return message.call(this, payload);
        };
    }
    await Promise.all(back.map((client) => client.whenSynced));
    const syncedMs = performance.now() - startedAt;
    let acknowledged = 0;
    let lost = 0;
    for (const client of clients) {
        const bytes = documents.get(client.room);
        let at = 0;
        while (bytes[at++] & 0x80);
        const vector = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(bytes.subarray(at)));
        // One of the acknowledgements is for the empty answer to the server's SyncStep1.
        const updates = Math.max(0, client.acked - 1);
        acknowledged += updates;
        lost += Math.max(0, updates - (vector.get(client.clientId) ?? 0) / 16);
    }
    back.forEach((client) => client.close());
    await second.stop();
    return { syncedMs, acknowledged, lost };
}
