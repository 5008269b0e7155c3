import { connect, type Socket } from 'node:net';
import * as Y from 'yjs';
import * as prng from 'lib0/prng';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { createIssuer, startService, waitFor, type RunningService } from './support.ts';

const full = process.env.TANDEM_TEST_SIZE === 'full';

function editor(clientId: number) {
    const doc = new Y.Doc();
    doc.clientID = clientId;
    return {
        doc,
        type(text: string): Uint8Array {
            const before = Y.encodeStateVector(doc);
            doc.getText('t').insert(doc.getText('t').length, text);
            return Y.encodeStateAsUpdate(doc, before);
        },
    };
}

describe('slow and hostile clients', () => {
    let running: RunningService;
    const closers: { close(): unknown }[] = [];

    afterEach(async () => {
        closers.splice(0).forEach((each) => each.close());
        await running.close();
    });

    function raw(room: string, token?: string): RawClient {
        const client = new RawClient(running.url, room, token);
        closers.push(client);
        return client;
    }

    it('[B1] a reader that pauses costs bounded memory, slows nobody, and gets one difference when it goes on', async () => {
        running = await startService({ limits: { softBufferBytes: 16_384, middleBufferBytes: 65_536 } });
        const slow = raw('slow');
        const writer = raw('slow');
        const neighbour = raw('slow');
        await waitFor('all in', () => slow.synced && writer.synced && neighbour.synced);
        slow.socket.pause();
        const { doc, type } = editor(7);
        const room = running.service.rooms.find('slow');
        let worst = 0;
        for (let index = 0; index < 160; index++) {
            writer.update(type('x'.repeat(50_000)));
            if (index % 20 === 0) {
                await waitFor('the acknowledgements', () => writer.acknowledged >= index);
                for (const member of room?.members ?? []) {
                    worst = Math.max(worst, member.connection.bufferedBytes);
                }
            }
        }
        await waitFor('everything acknowledged', () => writer.acknowledged >= 160);
        // 8 MB were written; what waits for the paused reader is a few frames.
        expect(worst).toBeLessThan(2_000_000);
        expect([...(room?.members ?? [])].filter((member) => member.staleSince !== undefined)).toHaveLength(1);
        const contentOf = (client: RawClient) => {
            const copy = new Y.Doc();
            client.updates.forEach((update) => Y.applyUpdate(copy, update));
            return copy.getText('t').length;
        };
        await waitFor('the neighbour', () => contentOf(neighbour) === doc.getText('t').length);
        slow.socket.resume();
        await waitFor('the paused reader', () => contentOf(slow) === doc.getText('t').length, 30_000);
    }, 90_000);

    it('[B2] a socket that takes nothing for too long is closed, and its presence leaves', async () => {
        running = await startService({ limits: { middleBufferBytes: 4_096, stalledSocketMs: 1_500 } });
        const stalled = raw('stall');
        const writer = raw('stall');
        await waitFor('both in', () => stalled.synced && writer.synced);
        stalled.sendPresence(11, 1, { user: 'stalled' });
        await waitFor('its presence', () => writer.presence.length > 0);
        stalled.socket.pause();
        const { type } = editor(8);
        for (let index = 0; index < 60; index++) {
            writer.update(type('y'.repeat(200_000)));
        }
        await waitFor('one member left', () => running.service.rooms.find('stall')?.members.size === 1, 20_000);
    }, 40_000);

    it('[B3] who asks for the document again and again without reading costs no more than one answer', async () => {
        running = await startService();
        const greedy = raw('greedy');
        await waitFor('in', () => greedy.synced);
        const { type } = editor(9);
        greedy.update(type('z'.repeat(3_000_000)));
        await waitFor('stored', () => greedy.acknowledged > 0);
        greedy.socket.pause();
        const member = [...(running.service.rooms.find('greedy')?.members ?? [])][0];
        for (let index = 0; index < 40; index++) {
            // A different state vector each time, so that no answer is shared.
            greedy.step1(Uint8Array.of(1, 1 + index, 1));
        }
        await waitFor('the server has had enough', () => (member?.connection.bufferedBytes ?? 0) > 1_000_000);
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(member?.connection.bufferedBytes).toBeLessThan(10_000_000);
        greedy.socket.resume();
        await waitFor('all answers in the end', () => greedy.updates.length >= 40, 30_000);
    }, 60_000);

    it('[P1] nobody can speak for the client id of another person', async () => {
        const issuer = await createIssuer();
        running = await startService({ authenticate: issuer.authenticate });
        const ada = raw('w/1/shared', await issuer.token({ sub: 'ada' }));
        const eve = raw('w/1/shared', await issuer.token({ sub: 'eve' }));
        await waitFor('both in', () => ada.synced && eve.synced);
        ada.sendPresence(100, 1, { name: 'Ada' });
        await waitFor('ada is seen', () => eve.presence.length > 0);
        eve.sendPresence(100, 50, { name: 'Ada, says Eve' });
        eve.sendPresence(101, 1, { name: 'Eve' });
        await waitFor('eve is seen', () => ada.presence.some((frame) => Buffer.from(frame).includes('Eve')));
        expect(ada.presence.some((frame) => Buffer.from(frame).includes('says Eve'))).toBe(false);
        eve.sendStateless('{"tandem":"roster"}');
        await waitFor('the roster', () => eve.stateless.length > 0);
        expect(JSON.parse(eve.stateless[0] as string)).toMatchObject({
            members: [
                { clientId: 100, subject: 'ada' },
                { clientId: 101, subject: 'eve' },
            ],
        });
    });

    it('[P2] presence that would break other clients closes its sender only', async () => {
        running = await startService();
        const good = raw('p');
        const bad = raw('p');
        await waitFor('both in', () => good.synced && bad.synced);
        bad.send((encoder) => {
            for (const byte of [1, 7, 1, 5, 1, 3, 0xff, 0xfe, 0x22]) {
                encoder.cbuf[encoder.cpos++] = byte;
            }
        });
        await waitFor('the close', () => bad.closeCode === 1002);
        good.sendPresence(9, 1, {});
        await waitFor('presence goes on', () => good.presence.length > 0);
    });

    it(`[F1] garbage in every place never ends the process nor poisons a document`, async () => {
        running = await startService();
        const rounds = full ? 5_000 : 300;
        const good = raw('fuzz');
        await waitFor('in', () => good.synced);
        const { doc, type } = editor(3);
        good.update(type('good '));
        const random = prng.create(42);
        const valid = Y.encodeStateAsUpdate(doc);
        let bad = raw('fuzz');
        for (let round = 0; round < rounds; round++) {
            if (bad.closeCode !== undefined) {
                bad = raw('fuzz');
            }
            if (bad.socket.readyState !== WebSocket.OPEN) {
                await waitFor('open', () => bad.socket.readyState >= WebSocket.OPEN);
            }
            const bytes = prng.bool(random) ? Uint8Array.from(valid) : prng.uint8Array(random, prng.int32(random, 0, 200));
            for (let flips = prng.int32(random, 0, 3); flips > 0 && bytes.length > 0; flips--) {
                bytes[prng.int32(random, 0, bytes.length - 1)] = prng.int32(random, 0, 255);
            }
            const kind = prng.int32(random, 0, 4);
            if (kind === 0) {
                bad.socket.send(bytes);
            } else if (kind === 1) {
                bad.sync(prng.int32(random, 0, 3), bytes);
            } else if (kind === 2) {
                bad.update(bytes);
            } else {
                bad.send((encoder) => {
                    encoder.cbuf[encoder.cpos++] = prng.int32(random, 0, 11);
                    bytes.forEach((byte) => (encoder.cpos < encoder.cbuf.length ? (encoder.cbuf[encoder.cpos++] = byte) : undefined));
                });
            }
        }
        good.update(type('and still good'));
        await waitFor('an acknowledgement', () => good.acknowledged >= 2);
        const reader = raw('fuzz');
        await waitFor('a new reader', () => reader.synced);
        const copy = new Y.Doc();
        reader.updates.forEach((update) => Y.applyUpdate(copy, update));
        expect(copy.getText('t').toString()).toContain('and still good');
        expect(() =>
            Y.applyUpdate(new Y.Doc(), (running.service.rooms.find('fuzz') as { state: { encode(): Uint8Array } }).state.encode()),
        ).not.toThrow();
    }, 120_000);

    it('[F2] broken handshakes and frames are refused, not crashed on', async () => {
        running = await startService();
        const { port } = new URL(running.url);
        const send = (text: string | Buffer) =>
            new Promise<string>((resolve) => {
                let answer = '';
                const socket: Socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
                socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
                socket.on('close', () => resolve(answer));
                socket.on('error', () => resolve(answer));
            });
        const upgrade = (path: string, lines: string[]) =>
            `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
        expect(await send(upgrade('/y/a', ['Sec-WebSocket-Key: short', 'Sec-WebSocket-Version: 13']))).toContain('400');
        expect(await send(upgrade('/y/a', ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 8']))).toContain('426');
        expect(await send(upgrade('/nothing', []))).toContain('404');
        expect(await send(upgrade('/y/%ff', []))).toContain('404');
        expect(await send(upgrade(`/y/${'a'.repeat(300)}`, []))).toContain('404');
        const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'];
        expect(await send(upgrade('/y/a', [...key, 'Origin: https://evil.example']))).toContain('403');
        // An unmasked frame right behind the handshake.
        expect(await send(Buffer.concat([Buffer.from(upgrade('/y/a', key)), Buffer.from([0x82, 1, 0])]))).toContain('101');
        expect((await fetch(`${running.http}/healthz`)).status).toBe(200);
    });

    it('[A1] before the token only little is taken, and not for long', async () => {
        const issuer = await createIssuer();
        running = await startService({ authenticate: issuer.authenticate, limits: { authTimeoutMs: 400 } });
        const silent = new WebSocket(`${running.url}/hocuspocus`);
        const codes: number[] = [];
        silent.on('close', (code) => codes.push(code));
        const loud = new WebSocket(`${running.url}/hocuspocus`);
        loud.on('close', (code) => codes.push(code));
        loud.on('open', () => loud.send(Buffer.alloc(70_000, 0x61)));
        await waitFor('both closed', () => codes.length === 2);
        expect(codes.sort()).toEqual([4403, 4408]);
    });

    it('[A2] takes the token from header, subprotocol and query', async () => {
        const issuer = await createIssuer();
        running = await startService({ authenticate: issuer.authenticate });
        const token = await issuer.token();
        const open = (url: string, protocols: string[], headers: Record<string, string>) =>
            new Promise<string>((resolve) => {
                const socket = new WebSocket(url, protocols, { headers });
                closers.push({ close: () => socket.terminate() });
                socket.on('open', () =>
                    setTimeout(() => resolve(socket.readyState === WebSocket.OPEN ? `open ${socket.protocol}` : ''), 100),
                );
                socket.on('close', (code) => resolve(String(code)));
            });
        const url = `${running.url}/y/w/1/shared`;
        expect(await open(url, [], { 'tandem-identity': token })).toBe('open ');
        expect(await open(url, [], { authorization: `Bearer ${token}` })).toBe('open ');
        expect(await open(url, ['tandem', `tandem-token.${token}`], {})).toBe('open tandem');
        expect(await open(`${url}?token=${token}`, [], {})).toBe('open ');
        expect(await open(url, [], {})).toBe('4401');
        expect(await open(url, [], { authorization: `Bearer ${await issuer.token({ aud: 'workspace:1' })}` })).toBe('4401');
        expect(await open(url, [], { authorization: `Bearer ${await issuer.token({ expiresInS: -60 })}` })).toBe('4408');
    });
});
