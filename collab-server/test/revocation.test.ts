import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { createIssuer, startService, waitFor, type RunningService } from './support.ts';

/** A feed as the controller serves it: server-sent events with the sequence as id, resumed by `Last-Event-ID`. */
async function startFeed() {
    const events: string[] = [];
    const listeners = new Set<ServerResponse>();
    const cursors: (string | undefined)[] = [];
    const server = createServer((request, response) => {
        cursors.push(request.headers['last-event-id'] as string | undefined);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(': hello\n\n');
        events.slice(Number(request.headers['last-event-id'] ?? 0)).forEach((event) => response.write(event));
        listeners.add(response);
        response.on('close', () => listeners.delete(response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/revocations`,
        cursors,
        revoke(kind: string, id: string) {
            const sequence = events.length + 1;
            const data = JSON.stringify({ sequence, kind, id, expired: false, reason: 'signed out', at: '2026-01-01T00:00:00Z' });
            events.push(`id: ${sequence}\ndata: ${data}\n\n`);
            listeners.forEach((listener) => listener.write(events.at(-1)));
        },
        breakOff: () => listeners.forEach((listener) => listener.destroy()),
        listening: () => listeners.size,
        close: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}

describe('revocations', () => {
    const closers: (() => unknown)[] = [];
    let running: RunningService;

    afterEach(async () => {
        for (const close of closers.splice(0).reverse()) {
            await close();
        }
    });

    it('[A3] from the feed close the sockets of a session within 200 ms, and no others, also after the feed broke off', async () => {
        const feed = await startFeed();
        closers.push(feed.close);
        const issuer = await createIssuer();
        running = await startService({ authenticate: issuer.authenticate, revocations: { url: feed.url } });
        closers.push(() => running.close());
        await waitFor('the feed', () => running.service.problem === undefined);
        const join = async (claims: object) => {
            const client = new RawClient(running.url, 'w/1/shared', await issuer.token(claims));
            closers.push(() => client.close());
            await waitFor('in', () => client.synced);
            return client;
        };
        const ada = await join({ sub: 'ada', sid: 's-ada' });
        const bob = await join({ sub: 'bob', sid: 's-bob', grant: 'g-bob' });
        const start = performance.now();
        feed.revoke('session', 's-ada');
        await waitFor('the close', () => ada.closeCode !== undefined);
        expect(performance.now() - start).toBeLessThan(200);
        expect(ada.closeCode).toBe(4401);
        expect(bob.closeCode).toBe(undefined);
        feed.breakOff();
        feed.revoke('grant', 'g-bob');
        await waitFor('the second close', () => bob.closeCode === 4401);
        expect(feed.cursors).toEqual([undefined, '1']);
    });

    it('[A2] keep the sockets that a gateway admitted alive past the end of their token, and others not', async () => {
        const issuer = await createIssuer();
        running = await startService({ authenticate: issuer.authenticate, revokedByCaller: true });
        closers.push(() => running.close());
        const token = await issuer.token({ expiresInS: 2 });
        const codes = new Map<string, number>();
        const open = (name: string, headers: Record<string, string>) => {
            const socket = new WebSocket(`${running.url}/y/w/1/shared`, { headers });
            closers.push(() => socket.terminate());
            socket.on('close', (code) => codes.set(name, code));
            return socket;
        };
        const admitted = open('gateway', { 'tandem-identity': token });
        open('other', { authorization: `Bearer ${token}` });
        await waitFor('the end of the token', () => codes.has('other'));
        expect(codes.get('other')).toBe(4408);
        expect(admitted.readyState).toBe(WebSocket.OPEN);
        expect(running.service.revoke({ kind: 'session', id: 's1', expired: false, reason: 'signed out' })).toBe(1);
        await waitFor('the revocation', () => codes.get('gateway') === 4401);
    });

    it('[A4] lost for 30 s let nobody new in, and those who are in stay', async () => {
        const feed = await startFeed();
        const issuer = await createIssuer();
        let now = Date.now();
        running = await startService({ authenticate: issuer.authenticate, revocations: { url: feed.url }, now: () => now });
        closers.push(() => running.close());
        await waitFor('the feed', () => running.service.problem === undefined);
        const inside = new RawClient(running.url, 'w/1/shared', await issuer.token());
        closers.push(() => inside.close());
        await waitFor('in', () => inside.synced);
        feed.close();
        now += 31_000;
        const late = new RawClient(running.url, 'w/1/shared', await issuer.token());
        await waitFor('the refusal', () => late.closeCode !== undefined);
        expect(late.synced).toBe(false);
        expect(inside.closeCode).toBe(undefined);
        expect((await fetch(`${running.http}/readyz`)).status).toBe(503);
    });
});
