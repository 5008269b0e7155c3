import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP line that can be cut: what is on its way is lost, and while it is cut nothing passes. */
export interface LineProxy {
    readonly port: number;
    cut(): void;
    mend(): void;
    close(): Promise<void>;
}

export async function startLineProxy(target: number): Promise<LineProxy> {
    const sockets = new Set<Socket>();
    let whole = true;
    const server = createServer((client) => {
        if (!whole) {
            client.destroy();
            return;
        }
        const upstream = connect(target, '127.0.0.1');
        for (const [socket, other] of [
            [client, upstream],
            [upstream, client],
        ] as const) {
            sockets.add(socket);
            socket.on('data', (chunk) => {
                // A dead line takes the bytes and does not deliver them.
                if (whole) {
                    other.write(chunk);
                }
            });
            socket.on('error', () => other.destroy());
            socket.on('close', () => {
                sockets.delete(socket);
                other.destroy();
            });
        }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        port: (server.address() as { port: number }).port,
        cut: () => {
            whole = false;
        },
        mend: () => {
            sockets.forEach((socket) => socket.destroy());
            whole = true;
        },
        close: async () => {
            sockets.forEach((socket) => socket.destroy());
            server.close();
            await once(server, 'close');
        },
    };
}
