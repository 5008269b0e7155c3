import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';

/** Listens on a Unix socket that only its own user may open. It keeps no process alive. */
export async function listenPrivately(socketPath: string, serve: (socket: Socket) => void): Promise<Server> {
    await mkdir(path.dirname(socketPath), { recursive: true, mode: 0o700 });
    await rm(socketPath, { force: true });
    const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => socket.destroy());
        serve(socket);
    });
    await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(socketPath, resolve);
    });
    await chmod(socketPath, 0o600);
    server.unref();
    return server;
}
