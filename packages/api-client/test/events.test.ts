import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApiClient, type EventOptions, type EventState } from '../src/index.ts';

/** A server that hands each connection to the next handler of the script. */
let server: Server;
let baseUrl: string;
let script: ((request: IncomingMessage, response: ServerResponse) => void)[];
let requests: { since: string | null; lastEventId: string | undefined }[];

beforeEach(async () => {
    script = [];
    requests = [];
    server = createServer((request, response) => {
        const since = new URL(request.url ?? '', 'http://x').searchParams.get('since');
        requests.push({ since, lastEventId: request.headers['last-event-id'] as string | undefined });
        const handler = script.shift();
        if (handler) {
            handler(request, response);
        }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
});

const event = (id: number, name: string) =>
    `id: ${id}\ndata: ${JSON.stringify({ kind: 'Workspace', type: 'modified', object: { metadata: { name } } })}\n\n`;

function subscribe(options: Partial<EventOptions> = {}) {
    const names: string[] = [];
    const states: EventState[] = [];
    const subscription = createApiClient({ baseUrl }).events({
        firstRetryMs: 1,
        ceilingRetryMs: 2,
        onEvent: (change) => names.push(change.object.metadata.name),
        onState: (state) => states.push(state),
        ...options,
    });
    return { names, states, subscription, stateNames: () => states.map((state) => state.state) };
}

describe('the event stream', () => {
    it('resumes after the last event when the line drops', async () => {
        script.push(
            (_, response) => response.end(event(11, 'a') + event(12, 'b')),
            (_, response) => void response.write(event(13, 'c')),
        );
        const { names, subscription, stateNames } = subscribe({ since: '10' });
        await vi.waitFor(() => expect(names).toEqual(['a', 'b', 'c']));
        expect(requests).toEqual([
            { since: '10', lastEventId: '10' },
            { since: '12', lastEventId: '12' },
        ]);
        expect(subscription.position).toBe('13');
        subscription.close();
        await subscription.done;
        expect(stateNames()).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open', 'closed']);
    });

    it('resumes after a cursor that came without an event', async () => {
        script.push(
            (_, response) => response.end('id: 40\n\n'),
            (_, response) => void response.write(event(41, 'a')),
        );
        const { names, subscription } = subscribe({ since: '10', all: true });
        await vi.waitFor(() => expect(names).toEqual(['a']));
        expect(requests.map(({ since }) => since)).toEqual(['10', '40']);
        subscription.close();
        await subscription.done;
    });

    it('ends and asks to list again when the cursor is too old, told by status or by event', async () => {
        const problem = JSON.stringify({ code: 'cursor-expired', title: 'The cursor is too old', status: 410, type: 'x' });
        script.push((_, response) => response.writeHead(410).end(problem));
        const first = subscribe({ since: '1' });
        await first.subscription.done;
        expect(first.stateNames()).toEqual(['connecting', 'expired']);
        script.push((_, response) => void response.write('event: cursor-expired\ndata: {}\n\n'));
        const second = subscribe({ since: '1' });
        await second.subscription.done;
        expect(second.stateNames()).toEqual(['connecting', 'open', 'expired']);
    });

    it('ends when the server refuses', async () => {
        script.push((_, response) => response.writeHead(401).end(JSON.stringify({ code: 'not-signed-in', status: 401 })));
        const { subscription, states } = subscribe();
        await subscription.done;
        expect(states.at(-1)).toMatchObject({ state: 'refused', error: { code: 'not-signed-in' } });
    });

    it('goes on trying while the server is away, not sooner than it asks', async () => {
        const busy = JSON.stringify({ code: 'unavailable', status: 503 });
        script.push(
            (_, response) => response.writeHead(503, { 'retry-after': '0.02' }).end(busy),
            (request) => request.socket.destroy(),
            (_, response) => void response.write(event(1, 'back')),
        );
        const { names, states, subscription } = subscribe();
        await vi.waitFor(() => expect(names).toEqual(['back']));
        const waits = states.flatMap((state) => (state.state === 'waiting' ? [state.retryInMs] : []));
        expect(waits).toHaveLength(2);
        expect(waits[0]).toBeGreaterThanOrEqual(20);
        subscription.close();
        await subscription.done;
    });

    it('dials anew when the line falls silent, and heartbeats keep it', async () => {
        script.push(
            (_, response) => void response.write(': heartbeat\n\n'),
            (_, response) => void response.write(event(1, 'heard')),
        );
        const { names, states, subscription } = subscribe({ silenceMs: 400 });
        await vi.waitFor(() => expect(names).toEqual(['heard']), { timeout: 20_000 });
        expect(states[2]).toMatchObject({ state: 'waiting', error: { message: 'The event stream fell silent.' } });
        subscription.close();
        await subscription.done;
    });

    it('keeps going when a listener throws', async () => {
        const uncaught: unknown[] = [];
        const listeners = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        process.once('uncaughtException', (error) => uncaught.push(error));
        const seen: string[] = [];
        script.push((_, response) => void response.write(event(1, 'a') + event(2, 'b')));
        const { subscription } = subscribe({
            onEvent: (change) => {
                seen.push(change.object.metadata.name);
                if (seen.length === 1) {
                    throw new Error('listener');
                }
            },
        });
        await vi.waitFor(() => expect([seen, uncaught]).toMatchObject([['a', 'b'], [{ message: 'listener' }]]));
        listeners.forEach((listener) => process.on('uncaughtException', listener));
        subscription.close();
        await subscription.done;
    });

    it('does not begin with a signal that is aborted already, and stops in a pause', async () => {
        const first = subscribe({ signal: AbortSignal.abort() });
        await first.subscription.done;
        expect(first.stateNames()).toEqual(['closed']);
        script.push((request) => request.socket.destroy());
        const second = subscribe({ firstRetryMs: 600_000, ceilingRetryMs: 600_000 });
        await vi.waitFor(() => expect(second.stateNames()).toContain('waiting'));
        second.subscription.close();
        await second.subscription.done;
    });

    it('tries at once when told that the network is back', async () => {
        script.push(
            (request) => request.socket.destroy(),
            (_, response) => void response.write(event(1, 'now')),
        );
        const { names, subscription, stateNames } = subscribe({ firstRetryMs: 600_000, ceilingRetryMs: 600_000 });
        await vi.waitFor(() => expect(stateNames()).toContain('waiting'));
        subscription.retryNow();
        await vi.waitFor(() => expect(names).toEqual(['now']));
        subscription.close();
        await subscription.done;
    });
});
