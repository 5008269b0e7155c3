import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

/** Worker: many clients away from the server's thread, so that their work is not measured as the server's. */
export interface CrowdOptions {
    url: string;
    headers: Record<string, string>;
    sockets: number;
    /** How many of them get an echo back all the time. */
    talking: number;
}

/** Between an echo and the next message: busy, without keeping the server from everything else. */
const ECHO_PAUSE_MS = 20;

export type CrowdMessage = { type: 'open' } | { type: 'closed'; closings: { code: number; atNs: bigint }[] };

async function run(options: CrowdOptions): Promise<void> {
    const closings: { code: number; atNs: bigint }[] = [];
    for (let index = 0; index < options.sockets; index++) {
        const socket = new WebSocket(options.url, { headers: options.headers });
        socket.on('error', () => undefined);
        await new Promise((resolve) => socket.once('open', resolve));
        if (index < options.talking) {
            socket.on('message', () => setTimeout(() => socket.send(Buffer.alloc(20_000), () => undefined), ECHO_PAUSE_MS));
            socket.send(Buffer.alloc(20_000));
        }
        socket.once('close', (code) => {
            closings.push({ code, atNs: process.hrtime.bigint() });
            if (closings.length === options.sockets) {
                parentPort?.postMessage({ type: 'closed', closings } satisfies CrowdMessage);
            }
        });
    }
    parentPort?.postMessage({ type: 'open' } satisfies CrowdMessage);
}

if (parentPort !== null) {
    void run(workerData as CrowdOptions);
}
