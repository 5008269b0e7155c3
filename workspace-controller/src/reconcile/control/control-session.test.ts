import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { CONTROL_PATH, IDENTITY_HEADER, type WorkspaceMessage } from '@tandem/protocol';
import { createLogger, Emitter } from '@tandem/server-kit';
import { ControlSession } from './control-session.ts';

const hello = (bootId: string): WorkspaceMessage => ({ type: 'hello', bootId, pid: 1, version: 'test', prepared: false });

describe('the control socket', () => {
    let directory: string;
    let server: Server;
    let session: ControlSession | undefined;
    const dialled = new Emitter<{ socket: WebSocket; request: IncomingMessage }>();
    const changed = new Emitter<boolean>();
    const heard = new Emitter<WorkspaceMessage>();
    const next = <T>(emitter: Emitter<T>): Promise<T> =>
        new Promise((resolve) => {
            const listening = emitter.event((value) => {
                listening.dispose();
                resolve(value);
            });
        });
    const dial = (mintToken = () => Promise.resolve('the-token')): ControlSession => {
        const made: ControlSession = new ControlSession({
            uid: 'uid',
            boot: { bootId: 'boot', endpoint: { socketPath: join(directory, 'ide.sock') }, describe: '' },
            mintToken,
            logger: createLogger({ name: 'control', level: 'silent' }),
            onChange: () => changed.fire(made.connected),
            onMessage: (message) => heard.fire(message),
        });
        session = made;
        return made;
    };

    beforeEach(async () => {
        directory = await mkdtemp(join(tmpdir(), 'tandem-control-'));
        server = createServer();
        new WebSocketServer({ server, path: CONTROL_PATH }).on('connection', (socket, request) => dialled.fire({ socket, request }));
        server.listen(join(directory, 'ide.sock'));
        await once(server, 'listening');
    });
    afterEach(async () => {
        session?.close();
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
        await rm(directory, { recursive: true, force: true });
    });

    it('is dialled with an identity token and counts as connected only after the workspace said who it is', async () => {
        const arriving = next(dialled);
        const made = dial();
        const { socket, request } = await arriving;
        expect(request.headers[IDENTITY_HEADER]).toBe('the-token');
        expect(made.connected).toBe(false);
        expect(made.disconnectedSinceMs).toBeDefined();
        const connected = next(changed);
        socket.send(JSON.stringify(hello('boot')));
        expect(await connected).toBe(true);
        expect(made.disconnectedSinceMs).toBeUndefined();
        socket.terminate();
    });

    it('is dialled again, with a new token, when it is lost', async () => {
        let tokens = 0;
        const first = next(dialled);
        dial(() => Promise.resolve(`token-${++tokens}`));
        const { socket } = await first;
        const connected = next(changed);
        socket.send(JSON.stringify(hello('boot')));
        await connected;
        const lost = next(changed);
        const second = next(dialled);
        socket.terminate();
        expect(await lost).toBe(false);
        const again = await second;
        expect(again.request.headers[IDENTITY_HEADER]).toBe('token-2');
        again.socket.terminate();
    });

    it('is tried again when no token could be made', async () => {
        let attempts = 0;
        const arriving = next(dialled);
        dial(() => (++attempts < 3 ? Promise.reject(new Error('no key')) : Promise.resolve('late')));
        const { socket, request } = await arriving;
        expect(request.headers[IDENTITY_HEADER]).toBe('late');
        socket.terminate();
    });

    it('passes over what it does not understand and hears what comes after', async () => {
        const arriving = next(dialled);
        dial();
        const { socket } = await arriving;
        const message = next(heard);
        socket.send('{"type":"hello"');
        socket.send(JSON.stringify({ type: 'of-a-later-release' }));
        socket.send(JSON.stringify({ type: 'hello', bootId: 7 }));
        socket.send(JSON.stringify(hello('boot')));
        expect(await message).toMatchObject({ type: 'hello', bootId: 'boot' });
        socket.terminate();
    });

    it('sends nothing and says so while there is no connection', async () => {
        const arriving = next(dialled);
        const made = dial();
        expect(made.send({ type: 'ping' })).toBe(false);
        const { socket } = await arriving;
        const answered = once(socket, 'message');
        const connected = next(changed);
        socket.send(JSON.stringify(hello('boot')));
        await connected;
        expect(made.send({ type: 'ping' })).toBe(true);
        expect(JSON.parse(String((await answered)[0]))).toEqual({ type: 'ping' });
        const closing = once(socket, 'close');
        made.close();
        expect((await closing)[0]).toBe(1000);
        expect(made.send({ type: 'ping' })).toBe(false);
    });
});
