import type { Clock, Timer } from '@tandem/server-kit';
import { backoffDelayMs, DEFAULT_BACKOFF, type Backoff } from './backoff.ts';

/** What to do with a key after its work ended: nothing, or look again after `requeueAfterMs`. */
export type WorkResult = { requeueAfterMs: number } | undefined;

export interface WorkQueueOptions {
    clock: Clock;
    /** How many keys are worked on at the same time. */
    concurrency: number;
    work: (key: string) => Promise<WorkResult>;
    onError: (key: string, error: unknown, attempt: number) => void;
    backoff?: Backoff;
    random?: () => number;
}

/**
 * A queue of keys: a key waits at most once, is never worked on twice at the same time, and is worked on again when it was
 * added while it was being worked on. Work that throws is tried again after a growing, jittered pause, for ever.
 */
export class WorkQueue {
    private readonly options: WorkQueueOptions;
    private readonly waiting = new Set<string>();
    private readonly running = new Set<string>();
    private readonly again = new Set<string>();
    private readonly delayed = new Map<string, { timer: Timer; atMs: number }>();
    private readonly failures = new Map<string, number>();
    private idleWaiters: (() => void)[] = [];
    private stopped = false;

    constructor(options: WorkQueueOptions) {
        this.options = options;
    }

    /** Keys that wait, are delayed or are being worked on. */
    get depth(): number {
        return this.waiting.size + this.running.size;
    }

    add(key: string): void {
        if (this.stopped) {
            return;
        }
        this.cancelDelay(key);
        if (this.running.has(key)) {
            this.again.add(key);
        } else {
            this.waiting.add(key);
            this.pump();
        }
    }

    /** Adds the key after a while; an earlier appointment is kept. */
    addAfter(key: string, delayMs: number): void {
        const atMs = this.options.clock.now() + delayMs;
        const planned = this.delayed.get(key);
        if (this.stopped || (planned !== undefined && planned.atMs <= atMs)) {
            return;
        }
        this.cancelDelay(key);
        const timer = this.options.clock.setTimeout(() => {
            this.delayed.delete(key);
            this.add(key);
        }, delayMs);
        this.delayed.set(key, { timer, atMs });
    }

    /** Takes no more keys and resolves when the running work has ended. */
    async stop(): Promise<void> {
        this.stopped = true;
        this.waiting.clear();
        this.again.clear();
        for (const key of [...this.delayed.keys()]) {
            this.cancelDelay(key);
        }
        if (this.running.size > 0) {
            await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
        }
    }

    private cancelDelay(key: string): void {
        this.delayed.get(key)?.timer.cancel();
        this.delayed.delete(key);
    }

    private pump(): void {
        for (const key of this.waiting) {
            if (this.running.size >= this.options.concurrency) {
                return;
            }
            this.waiting.delete(key);
            this.running.add(key);
            void this.process(key);
        }
    }

    private async process(key: string): Promise<void> {
        try {
            const result = await this.options.work(key);
            this.failures.delete(key);
            if (result !== undefined) {
                this.addAfter(key, result.requeueAfterMs);
            }
        } catch (error) {
            const attempt = (this.failures.get(key) ?? 0) + 1;
            this.failures.set(key, attempt);
            this.options.onError(key, error, attempt);
            this.addAfter(key, backoffDelayMs(this.options.backoff ?? DEFAULT_BACKOFF, attempt, (this.options.random ?? Math.random)()));
        } finally {
            this.running.delete(key);
            if (this.again.delete(key)) {
                this.add(key);
            }
            this.pump();
            if (this.running.size === 0) {
                this.idleWaiters.forEach((resolve) => resolve());
                this.idleWaiters = [];
            }
        }
    }
}
