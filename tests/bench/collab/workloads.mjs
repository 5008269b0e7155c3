import { RawClient, nowUs } from './raw-client.mjs';

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function percentile(values, share) {
    if (values.length === 0) {
        return NaN;
    }
    const sorted = Float64Array.from(values).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

async function connectAll(target, specs, handlers = {}) {
    const clients = [];
    for (const spec of specs) {
        const client = new RawClient({ ...target, ...handlers, ...spec });
        client.handshake(target.basePath);
        clients.push(client);
        if (clients.length % 50 === 0) {
            await client.whenSynced;
        }
    }
    await Promise.all(clients.map((client) => client.whenSynced));
    return clients;
}

/** Calls `act(client, intendedUs)` for each client on its own fixed schedule; late calls are made up, never skipped. */
function openLoop(clients, perSecond, act) {
    const intervalUs = 1_000_000 / perSecond;
    const startUs = nowUs() + 20_000;
    const due = clients.map((client, index) => ({ client, atUs: startUs + (intervalUs * index) / clients.length }));
    let next = 0;
    const timer = setInterval(() => {
        const now = nowUs();
        while (due[next].atUs <= now) {
            act(due[next].client, Math.round(due[next].atUs));
            due[next].atUs += intervalUs;
            next = (next + 1) % due.length;
        }
    }, 1);
    return () => clearInterval(timer);
}

/** Rooms with typists: CPU per delivery, delivery and acknowledgement latency. */
export async function edits(target, { rooms, clients: perRoom, perSecond, seconds, cpuNs }) {
    let measuring = false;
    let deliveries = 0;
    const latencies = [];
    const acks = [];
    const specs = Array.from({ length: rooms * perRoom }, (_, index) => ({ room: `bench-${index % rooms}`, writer: index }));
    const clients = await connectAll(target, specs, {
        onMarker: (us) => {
            if (measuring) {
                deliveries++;
                latencies.push(us);
            }
        },
        onAck: (us) => measuring && acks.push(us),
    });
    const stop = openLoop(clients, perSecond, (client, atUs) => client.edit(atUs));
    await delay(1_500);
    const ownBefore = process.cpuUsage();
    const cpuBefore = cpuNs();
    const startedAt = performance.now();
    measuring = true;
    await delay(seconds * 1000);
    measuring = false;
    const elapsedMs = performance.now() - startedAt;
    const cpuUs = (cpuNs() - cpuBefore) / 1000;
    const own = process.cpuUsage(ownBefore);
    stop();
    clients.forEach((client) => client.close());
    const expected = rooms * perRoom * (perRoom - 1) * perSecond * (elapsedMs / 1000);
    return {
        cpuUsPerDelivery: cpuUs / deliveries,
        p50Ms: percentile(latencies, 0.5) / 1000,
        p99Ms: percentile(latencies, 0.99) / 1000,
        ackP99Ms: percentile(acks, 0.99) / 1000,
        delivered: deliveries / expected,
        serverShare: cpuUs / 1000 / elapsedMs,
        loadShare: (own.user + own.system) / 1000 / elapsedMs,
    };
}

/** One room, everybody moves a cursor, a few type. */
export async function presence(target, { clients: count, perSecond, typists, seconds, cpuNs }) {
    let measuring = false;
    const cursors = [];
    const latencies = [];
    const specs = Array.from({ length: count }, (_, index) => ({ room: 'presence', writer: index }));
    const clients = await connectAll(target, specs, {
        onMarker: (us) => measuring && latencies.push(us),
        // Every tenth is enough for a percentile, and keeps the generator from being the bottleneck.
        onPresenceMarker: (us) => measuring && Math.random() < 0.1 && cursors.push(us),
    });
    const stopCursors = openLoop(clients, perSecond, (client, atUs) => client.moveCursor(atUs));
    const stopTyping = openLoop(clients.slice(0, typists), 5, (client, atUs) => client.edit(atUs));
    await delay(2_000);
    const ownBefore = process.cpuUsage();
    const cpuBefore = cpuNs();
    const startedAt = performance.now();
    measuring = true;
    await delay(seconds * 1000);
    measuring = false;
    const elapsedMs = performance.now() - startedAt;
    const cpuUs = (cpuNs() - cpuBefore) / 1000;
    const own = process.cpuUsage(ownBefore);
    stopCursors();
    stopTyping();
    clients.forEach((client) => client.close());
    return {
        serverShare: cpuUs / 1000 / elapsedMs,
        cursorP50Ms: percentile(cursors, 0.5) / 1000,
        cursorP99Ms: percentile(cursors, 0.99) / 1000,
        editP99Ms: percentile(latencies, 0.99) / 1000,
        loadShare: (own.user + own.system) / 1000 / elapsedMs,
    };
}

/** Everybody joins a large document at once. */
export async function joinStorm(target, { clients: count, update, cpuNs, rssBytes, peakRssBytes }) {
    const rssBefore = rssBytes();
    const [seeder] = await connectAll(target, [{ room: 'storm', writer: 0 }]);
    const { varBytes } = await import('./raw-client.mjs');
    seeder.send(Buffer.concat([Buffer.from([0, 2]), varBytes(update)]));
    // Another client gets it: then the server has taken it in.
    for (;;) {
        await delay(300);
        const [probe] = await connectAll(target, [{ room: 'storm', writer: 1 }]);
        const { step2Bytes } = probe;
        probe.close();
        if (step2Bytes > update.length * 0.9) {
            break;
        }
    }
    await delay(2_000);
    const rssHeld = rssBytes();
    const cpuBefore = cpuNs();
    const startedAt = performance.now();
    const times = [];
    const clients = Array.from({ length: count }, (_, index) => {
        const client = new RawClient({ ...target, room: 'storm', writer: 10 + index, onMarker: () => undefined });
        client.handshake(target.basePath);
        client.whenSynced.then(() => times.push(performance.now() - startedAt));
        return client;
    });
    await Promise.all(clients.map((client) => client.whenSynced));
    await delay(200);
    const cpu = (cpuNs() - cpuBefore) / 1e6;
    clients.forEach((client) => client.close());
    seeder.close();
    return {
        p50Ms: percentile(times, 0.5),
        p99Ms: percentile(times, 0.99),
        cpuMs: cpu,
        peakRssMiB: peakRssBytes() / 2 ** 20,
        heldBytesPerByte: (rssHeld - rssBefore) / update.length,
    };
}

/** Two clients in each room, one on each replica, both typing: delivery from one replica to the other. */
export async function replicas(target, { name, rooms, perSecond, seconds, ports, pids, cpuNsOf }) {
    let measuring = false;
    const latencies = [];
    const acks = [];
    const specs = Array.from({ length: rooms * 2 }, (_, index) => ({
        room: `${name}-${index % rooms}`,
        writer: index,
        port: ports[Math.floor(index / rooms)],
    }));
    const clients = await connectAll(target, specs, {
        onMarker: (us) => measuring && latencies.push(us),
        onAck: (us) => measuring && acks.push(us),
    });
    const stop = openLoop(clients, perSecond, (client, atUs) => client.edit(atUs));
    await delay(2_000);
    const cpuUsed = () => pids.reduce((sum, pid) => sum + cpuNsOf(pid), 0);
    const ownBefore = process.cpuUsage();
    const cpuBefore = cpuUsed();
    const startedAt = performance.now();
    measuring = true;
    await delay(seconds * 1000);
    measuring = false;
    const elapsedMs = performance.now() - startedAt;
    const serverShare = (cpuUsed() - cpuBefore) / 1e6 / elapsedMs;
    const own = process.cpuUsage(ownBefore);
    stop();
    clients.forEach((client) => client.close());
    return {
        p50Ms: percentile(latencies, 0.5) / 1000,
        p99Ms: percentile(latencies, 0.99) / 1000,
        ackP99Ms: percentile(acks, 0.99) / 1000,
        delivered: latencies.length / (rooms * 2 * perSecond * (elapsedMs / 1000)),
        serverShare,
        loadShare: (own.user + own.system) / 1000 / elapsedMs,
    };
}
