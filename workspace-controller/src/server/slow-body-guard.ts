import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '@tandem/server-kit';

const CHECK_INTERVAL_MS = 15_000;
/** A body that does not move for this long is not being sent. */
const STALLED_MS = 60_000;

interface Watched {
    request: IncomingMessage;
    bytesRead: number;
    movedAtMs: number;
}

/**
 * Ends requests whose body has stopped coming. Uploads may take hours, so there is no limit on the whole; and a body
 * that nobody reads, because the workspace is slower than the browser, is not the browser's fault.
 */
export class SlowBodyGuard {
    private readonly clock: Clock;
    private readonly watched = new Set<Watched>();
    private timer: Timer;

    constructor(clock: Clock) {
        this.clock = clock;
        this.timer = this.schedule();
    }

    watch(request: IncomingMessage, response: ServerResponse): void {
        if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
            return;
        }
        const entry: Watched = { request, bytesRead: request.socket.bytesRead, movedAtMs: this.clock.now() };
        this.watched.add(entry);
        response.once('close', () => this.watched.delete(entry));
    }

    dispose(): void {
        this.timer.cancel();
    }

    private schedule(): Timer {
        return this.clock.setTimeout(() => {
            this.check();
            this.timer = this.schedule();
        }, CHECK_INTERVAL_MS);
    }

    private check(): void {
        const now = this.clock.now();
        for (const entry of this.watched) {
            const { request } = entry;
            const { bytesRead } = request.socket;
            const waitsForReader = request.readableLength >= request.readableHighWaterMark || request.isPaused();
            if (request.complete || waitsForReader || bytesRead !== entry.bytesRead) {
                entry.bytesRead = bytesRead;
                entry.movedAtMs = now;
            } else if (now - entry.movedAtMs >= STALLED_MS) {
                this.watched.delete(entry);
                request.destroy();
            }
        }
    }
}
