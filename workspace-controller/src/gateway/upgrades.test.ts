import { once } from 'node:events';
import { createServer as createNetServer } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { FakeClock } from '@tandem/server-kit';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { closed, GatewayFixture, opened, until, WORKSPACE } from './test-support/gateway-fixture.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

describe('WebSockets through the gateway', () => {
    let fixture: GatewayFixture;
    let clock: FakeClock;
    let sockets: WebSocketServer;
    let requests: IncomingMessage[];
    const clients: WebSocket[] = [];

    beforeEach(async () => {
        clock = new FakeClock(Date.now());
        fixture = await GatewayFixture.start({ clock });
        requests = [];
        const upstream = await fixture.workspace((_, response) => response.end());
        sockets = new WebSocketServer({ server: upstream, perMessageDeflate: true });
        sockets.on('connection', (socket, request) => {
            requests.push(request);
            socket.on('error', () => undefined);
            socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
        });
    });
    afterEach(async () => {
        clients.splice(0).forEach((client) => client.terminate());
        await fixture.close();
    });

    const dial = (options: Parameters<GatewayFixture['webSocket']>[1] = {}, path = '/socket.io/?EIO=4&transport=websocket'): WebSocket => {
        const client = fixture.webSocket(path, { cookie: fixture.cookie(), ...options });
        client.on('error', () => undefined);
        clients.push(client);
        return client;
    };

    it('pass messages of every size both ways, compressed as the two ends agreed', async () => {
        const client = dial();
        await opened(client);
        expect(client.extensions).toContain('permessage-deflate');
        for (const size of [0, 1, 125, 126, 65535, 65536, 3_000_000]) {
            const message = Buffer.alloc(size, 'tandem ');
            client.send(message);
            const [echo] = (await once(client, 'message')) as [Buffer];
            expect(echo.equals(message)).toBe(true);
        }
        expect(requests[0]?.headers).toMatchObject({ host: fixture.host(), origin: fixture.origin() });
        expect(requests[0]?.headers.cookie).toBeUndefined();
        const { payload } = await jwtVerify(String(requests[0]?.headers['tandem-identity']), fixture.access.keys.publicKey);
        expect(payload['sub']).toBe('ada');
    });

    it.each([
        ['without a cookie', { cookie: '' }, 401],
        ['without an origin', { origin: undefined }, 403],
        ['from the portal', { origin: 'http://tandem.localhost' }, 403],
        ['from another workspace', { origin: 'http://other.ws.tandem.localhost' }, 403],
        ['from a sandbox', { origin: 'null' }, 403],
        ['from a name that only ends alike', { origin: 'http://evilapi-x7k2.ws.tandem.localhost' }, 403],
    ])('are refused %s, with a reason', async (_, options, status) => {
        await expect(opened(dial(options))).rejects.toThrow(new RegExp(`^${status} .*"detail":"`));
        expect(requests).toHaveLength(0);
        expect(fixture.audits.at(-1)).toMatchObject({ action: 'gateway.refuse-upgrade', outcome: 'denied' });
    });

    it('are refused with another workspace’s cookie, a wrong path, an unknown protocol and a silent feed', async () => {
        fixture.directory.add('other', fixture.directory.byName(WORKSPACE)?.endpoint);
        const other = { host: fixture.host('other'), cookie: fixture.cookie() };
        await expect(opened(dial(other))).rejects.toThrow(/^401/);
        await expect(opened(dial({}, '/.tandem/control'))).rejects.toThrow(/^404/);
        await expect(opened(dial({}, '/%2etandem/control'))).rejects.toThrow(/^404/);
        await expect(opened(dial({}, '/.tandem/session'))).rejects.toThrow(/^404/);
        await expect(opened(dial({}, '/.tandem/collab'))).rejects.toThrow(/^503/);
        for (const label of ['static', 'wv-7b0c3a52-2f0e-4c5d-9a43-0f2f5a1b6c7d-api-x7k2']) {
            await expect(opened(dial({ host: fixture.host(label) }))).rejects.toThrow(/^403/);
        }
        const head = `GET / HTTP/1.1\r\nHost: ${fixture.host()}\r\nOrigin: ${fixture.origin()}\r\nCookie: ${fixture.cookie()}\r\nConnection: Upgrade\r\n`;
        expect(await fixture.raw(`${head}Upgrade: h2c\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
        expect(await fixture.raw(`${head}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
        expect(await fixture.raw(`${head}Upgrade: websocket\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
        fixture.access.feedAlive = false;
        await expect(opened(dial())).rejects.toThrow(/^503/);
        expect(requests).toHaveLength(0);
    });

    it('close with 4401 and the reason when the session ends, and a new one is refused', async () => {
        const cookie = fixture.cookie();
        const client = dial({ cookie });
        await opened(client);
        const ended = once([...sockets.clients][0] ?? client, 'close');
        const closing = closed(client);
        fixture.access.revoke('session', 'session-1', { reason: 'You signed out on another device.' });
        expect(await closing).toEqual({ code: 4401, reason: 'You signed out on another device.' });
        await ended;
        await expect(opened(dial({ cookie }))).rejects.toThrow(/^401/);
        expect(fixture.audits.some((entry) => entry.action === 'gateway.cut')).toBe(true);
    });

    it('close with 4408 at the moment the right expires by itself', async () => {
        const client = dial({ cookie: fixture.cookie({ grantId: 'g1', expiresAtMs: clock.now() + 10_000 }) });
        await opened(client);
        clock.advance(9_999);
        expect(client.readyState).toBe(WebSocket.OPEN);
        const closing = closed(client);
        clock.advance(1);
        expect((await closing).code).toBe(4408);
    });

    it('close within the safety interval when nobody announced the end', async () => {
        const client = dial();
        await opened(client);
        fixture.access.revoke('session', 'session-1', { silently: true });
        const closing = closed(client);
        clock.advance(15_000);
        expect((await closing).code).toBe(4401);
    });

    it('leave others alone when one grant ends', async () => {
        const mine = dial();
        const guests = dial({ cookie: fixture.cookie({ sessionId: 's2', grantId: 'g2', user: { name: 'bo', displayName: 'Bo' } }) });
        await Promise.all([opened(mine), opened(guests)]);
        const closing = closed(guests);
        fixture.access.revoke('grant', 'g2', { reason: 'Ada ended your access.' });
        fixture.access.revoke('grant', 'owner');
        expect((await closing).code).toBe(4401);
        mine.send('still here');
        expect(String((await once(mine, 'message'))[0])).toBe('still here');
    });

    it('are cut in the middle of a message that never ends, and reach the workspace no more', async () => {
        const received: string[] = [];
        const raw = createNetServer((socket) => {
            socket.on('error', () => undefined);
            socket.once('data', () => {
                socket.write(
                    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
                );
                socket.write(Buffer.from([0x82, 127, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3]));
                socket.on('data', (chunk) => received.push(chunk.toString('latin1')));
            });
        });
        const socketPath = join(fixture.folder, 'raw.sock');
        await new Promise<void>((resolve) => raw.listen(socketPath, resolve));
        fixture.directory.add(WORKSPACE, { socketPath });
        const client = fixture.connect();
        client.write(
            `GET / HTTP/1.1\r\nHost: ${fixture.host()}\r\nOrigin: ${fixture.origin()}\r\nCookie: ${fixture.cookie()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
        );
        await once(client, 'data');
        fixture.access.revoke('session', 'session-1');
        client.write('after the end');
        await once(client, 'close');
        expect(received).toEqual([]);
        await new Promise((resolve) => raw.close(resolve));
    });

    it('are told when the workspace crashes, and when the platform restarts', async () => {
        const crashed = dial();
        await opened(crashed);
        const crash = closed(crashed);
        [...sockets.clients].forEach((socket) => socket.terminate());
        expect((await crash).code).toBe(4500);
        const open = dial();
        await opened(open);
        const restart = closed(open);
        await fixture.gateway.close();
        expect((await restart).code).toBe(1012);
    });

    it('stay in use by pings that the workspace never sees, also in the middle of its messages', async () => {
        const client = dial();
        await opened(client);
        let pongs = 0;
        [...sockets.clients][0]?.on('pong', () => pongs++);
        const pinged: Buffer[] = [];
        client.on('ping', (payload) => pinged.push(payload));
        clock.advance(25_000);
        await until(() => pinged.length === 1);
        const message = Buffer.alloc(2_000_000, 'x');
        client.send(message);
        clock.advance(25_000);
        const [echo] = (await once(client, 'message')) as [Buffer];
        expect(echo.equals(message)).toBe(true);
        await until(() => pinged.length === 2);
        [...sockets.clients][0]?.ping('own');
        await until(() => pongs === 1, 'the workspace’s own pong');
        expect(pongs).toBe(1);
    });

    it('end when the browser is gone without a word', async () => {
        const client = fixture.connect();
        client.write(
            `GET / HTTP/1.1\r\nHost: ${fixture.host()}\r\nOrigin: ${fixture.origin()}\r\nCookie: ${fixture.cookie()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
        );
        await once(client, 'data');
        client.pause();
        await until(() => sockets.clients.size === 1);
        clock.advance(25_000);
        clock.advance(25_000);
        expect(sockets.clients.size).toBe(1);
        clock.advance(25_000);
        await until(() => sockets.clients.size === 0, 'the end upstream');
        expect(fixture.gateway.metrics.silentPeers.value).toBe(1);
    });

    it('do not outlive the other end, whichever leaves first', async () => {
        const first = dial();
        await opened(first);
        first.close(1000, 'done');
        await until(() => sockets.clients.size === 0);
        const second = dial();
        await opened(second);
        const closing = closed(second);
        [...sockets.clients][0]?.close(1011, 'failed');
        expect(await closing).toEqual({ code: 1011, reason: 'failed' });
        await until(() => fixture.gateway.connectionsOf(WORKSPACE) === 0, 'an empty registry');
    });

    it('pass the workspace’s own refusal on', async () => {
        sockets.close();
        const upstream = await fixture.workspace((_, response) => response.end());
        upstream.on('upgrade', (_request, socket: Duplex) =>
            socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
        );
        await expect(opened(dial())).rejects.toThrow('403 no');
        fixture.directory.add(WORKSPACE, { socketPath: join(fixture.folder, 'nobody.sock') });
        await expect(opened(dial())).rejects.toThrow(/^502/);
    });
});

describe('the collaboration socket', () => {
    it('is handed over with an identity and without the browser’s credentials, and ends with the session', async () => {
        const collab = new WebSocketServer({ noServer: true });
        const seen: IncomingMessage[] = [];
        const fixture = await GatewayFixture.start({
            gateway: {
                collab: {
                    handleUpgrade: (request, socket, head) => {
                        seen.push(request);
                        collab.handleUpgrade(request, socket, head, (client) => client.on('error', () => undefined));
                    },
                },
            },
        });
        await fixture.workspace((_, response) => response.end());
        const client = fixture.webSocket('/.tandem/collab/sync?x=1', { cookie: fixture.cookie(), headers: { Authorization: 'Bearer x' } });
        await opened(client);
        expect(seen[0]?.url).toBe('/sync?x=1');
        expect(seen[0]?.headers.cookie).toBeUndefined();
        expect(seen[0]?.rawHeaders.join(' ')).not.toMatch(/Bearer|tandem-workspace/);
        const { payload } = await jwtVerify(String(seen[0]?.headers['tandem-identity']), fixture.access.keys.publicKey);
        expect(payload.aud).toBe('collab');
        const closing = closed(client);
        client.on('error', () => undefined);
        fixture.access.revoke('session', 'session-1');
        await closing;
        await fixture.close();
    });
});
