import { AppError } from '@tandem/server-kit';
import type { WatchEvent, Watch } from '../resource-store.ts';

/** A reader that lets more wait than this is cut off: it lists again, instead of the events filling the memory. */
const MAX_WAITING = 20_000;

/**
 * A queue of events between the store and one watcher. What is pushed before `start` waits, so that the past can be read
 * from disk meanwhile without missing the present.
 */
export class EventStream implements Watch {
    private queue: WatchEvent[] = [];
    private wake: (() => void) | undefined;
    private lastVersion = 0;
    private started = false;
    private closed = false;
    private overflowed = false;
    private readonly onClose: () => void;

    constructor(onClose: () => void) {
        this.onClose = onClose;
    }

    push(event: WatchEvent): void {
        if (this.queue.length >= MAX_WAITING) {
            this.overflowed = true;
            this.queue = [];
            this.close();
            return;
        }
        this.queue.push(event);
        this.wake?.();
    }

    /** Puts the past in front of what came meanwhile; what is in both is heard once. */
    start(past: WatchEvent[], sinceVersion: number): void {
        this.lastVersion = sinceVersion;
        this.queue = [...past, ...this.queue];
        this.started = true;
        this.wake?.();
    }

    close(): void {
        if (!this.closed) {
            this.closed = true;
            this.onClose();
            this.wake?.();
        }
    }

    async *[Symbol.asyncIterator](): AsyncIterator<WatchEvent> {
        try {
            while (!this.closed) {
                const next = this.started ? this.queue.shift() : undefined;
                if (next === undefined) {
                    await new Promise<void>((resolve) => {
                        this.wake = resolve;
                    });
                    this.wake = undefined;
                } else if (Number(next.version) > this.lastVersion) {
                    this.lastVersion = Number(next.version);
                    yield next;
                }
            }
            if (this.overflowed) {
                throw new AppError('cursor-expired', 'The reader fell too far behind. List again and watch from there.');
            }
        } finally {
            this.close();
        }
    }
}
