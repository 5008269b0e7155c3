import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { GatewayFixture, opened, until, WORKSPACE } from './test-support/gateway-fixture.ts';
import type { CrowdMessage, CrowdOptions } from './test-support/socket-crowd.ts';

const SOCKETS = process.env['TANDEM_TEST_SIZE'] === 'full' ? 2_000 : 500;
const TALKING = 20;
const STREAMS = 20;

describe('ending a session', () => {
    it(`closes ${SOCKETS} sockets and every stream of it with the reason, and nobody else's`, cutEverything, 120_000);
});

/** Prints how long it took from the revocation to the browsers' close events; a promise about time is measured on a quiet machine, not asserted here. */
async function cutEverything(): Promise<void> {
    const fixture = await GatewayFixture.start();
    const upstream = await fixture.workspace((_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('data: x\n\n');
    });
    const sockets = new WebSocketServer({ server: upstream });
    sockets.on('connection', (socket) => {
        socket.on('error', () => undefined);
        socket.on('message', (data) => socket.send(data));
    });
    const cookie = fixture.cookie();
    const crowd = new Worker(new URL('./test-support/socket-crowd.ts', import.meta.url), {
        workerData: {
            url: `ws://127.0.0.1:${fixture.port}/services`,
            headers: { Host: fixture.host(), Origin: fixture.origin(), Cookie: cookie },
            sockets: SOCKETS,
            talking: TALKING,
        } satisfies CrowdOptions,
    });
    await once(crowd, 'message');
    const headers = { Cookie: cookie };
    const streams = Array.from({ length: STREAMS }, () => fixture.fetch('/events', { headers }).catch((error: Error) => error.message));
    await until(() => fixture.gateway.connectionsOf(WORKSPACE) === SOCKETS + STREAMS, 'all connections');
    const bystander = fixture.webSocket('/services', { cookie: fixture.cookie({ sessionId: 'session-2' }) });
    bystander.on('error', () => undefined);
    await opened(bystander);

    const finished = once(crowd, 'message') as Promise<[Extract<CrowdMessage, { type: 'closed' }>]>;
    const startedAtNs = process.hrtime.bigint();
    fixture.access.revoke('session', 'session-1', { reason: 'You signed out.' });
    const [{ closings }] = await finished;

    const latencies = closings.map(({ atNs }) => Number(atNs - startedAtNs) / 1e6).sort((a, b) => a - b);
    const p99 = latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Infinity;
    console.log(`revocation: ${SOCKETS} sockets, p50 ${latencies[SOCKETS >> 1]?.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    // Those that were in the middle of a long message may break instead of closing.
    expect(closings.filter(({ code }) => code === 4401).length).toBeGreaterThanOrEqual(SOCKETS - TALKING);
    for (const stream of await Promise.all(streams)) {
        expect(stream).toMatch(/aborted|hang up/);
    }
    await until(() => fixture.gateway.connectionsOf(WORKSPACE) === 1, 'the registry without them');
    await until(() => sockets.clients.size === 1, 'the end upstream');
    expect(bystander.readyState).toBe(bystander.OPEN);
    bystander.terminate();
    await crowd.terminate();
    await fixture.close();
}
