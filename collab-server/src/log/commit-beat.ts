import type { Limits } from '../limits.ts';
import type { RoomUpdates, UpdateLog } from './update-log.ts';

/** Whoever waits for updates to be durable. */
export interface CommitWaiter {
    /** `count` updates that were added in its name are durable. */
    committed(count: number): void;
}

class Batch {
    readonly updates = new Map<string, Uint8Array[]>();
    readonly waiters = new Map<CommitWaiter, number>();
    bytes = 0;
}

/**
 * The group commit: updates of all rooms gather while the last batch is on its way, and go to the log together. A batch
 * that fails is tried again until it succeeds; nothing of it is acknowledged before.
 */
export class CommitBeat {
    private readonly log: Pick<UpdateLog, 'append'>;
    private readonly limits: Limits;
    private readonly onChange: (failure: Error | undefined) => void;
    private gathering = new Batch();
    private inFlight: Batch | undefined;
    private timer: NodeJS.Timeout | undefined;
    private lastStart = 0;
    private idleWaiters: (() => void)[] = [];
    private stopped = false;
    failure: Error | undefined;
    commits = 0;
    committedUpdates = 0;
    lastCommitMs = 0;

    /** Told what each commit held. */
    onCommitted: ((updates: ReadonlyMap<string, readonly Uint8Array[]>) => void) | undefined;

    constructor(log: Pick<UpdateLog, 'append'>, limits: Limits, onChange: (failure: Error | undefined) => void) {
        this.log = log;
        this.limits = limits;
        this.onChange = onChange;
    }

    /** Bytes that are not durable yet. */
    get uncommittedBytes(): number {
        return this.gathering.bytes + (this.inFlight?.bytes ?? 0);
    }

    add(room: string, update: Uint8Array, waiter: CommitWaiter | undefined): void {
        const batch = this.gathering;
        const list = batch.updates.get(room);
        if (list) {
            list.push(update);
        } else {
            batch.updates.set(room, [update]);
        }
        batch.bytes += update.length;
        if (waiter) {
            batch.waiters.set(waiter, (batch.waiters.get(waiter) ?? 0) + 1);
        }
        this.schedule();
    }

    /** Tells `waiter` once everything added so far for `room` is durable; at once when it is. */
    barrier(room: string, waiter: CommitWaiter): void {
        const batch = this.gathering.updates.has(room) ? this.gathering : this.inFlight?.updates.has(room) ? this.inFlight : undefined;
        if (batch) {
            batch.waiters.set(waiter, (batch.waiters.get(waiter) ?? 0) + 1);
        } else {
            waiter.committed(1);
        }
    }

    /** Whether `room` has updates that are not durable. */
    isPending(room: string): boolean {
        return this.gathering.updates.has(room) || (this.inFlight?.updates.has(room) ?? false);
    }

    /** Resolves when all that was added is durable; rejects with the failure when the log does not take it in `timeoutMs`. */
    async drain(timeoutMs: number): Promise<void> {
        if (!this.inFlight && this.gathering.updates.size === 0) {
            return;
        }
        await new Promise<void>((resolve, reject) => {
            const timer = setTimeout(() => reject(this.failure ?? new Error('The log did not take the last edits in time')), timeoutMs);
            this.idleWaiters.push(() => {
                clearTimeout(timer);
                resolve();
            });
            this.start();
        });
    }

    stop(): void {
        this.stopped = true;
        clearTimeout(this.timer);
        this.timer = undefined;
    }

    private schedule(): void {
        if (this.inFlight || this.timer || this.stopped) {
            return;
        }
        const wait = this.lastStart + this.limits.commitBeatMs - performance.now();
        // A beat of its own even after a pause: the first edit of many is rarely alone.
        this.timer = setTimeout(() => this.start(), Math.max(1, wait));
    }

    private start(): void {
        clearTimeout(this.timer);
        this.timer = undefined;
        if (this.inFlight || this.stopped || this.gathering.updates.size === 0) {
            return;
        }
        this.inFlight = this.gathering;
        this.gathering = new Batch();
        void this.commit(this.inFlight);
    }

    private async commit(batch: Batch): Promise<void> {
        const rows: RoomUpdates[] = [];
        for (const [room, updates] of batch.updates) {
            rows.push({ room, updates });
        }
        for (;;) {
            this.lastStart = performance.now();
            try {
                await this.log.append(rows);
                break;
            } catch (error) {
                if (this.stopped) {
                    return;
                }
                this.report(error instanceof Error ? error : new Error(String(error)));
                await new Promise((resolve) => setTimeout(resolve, this.limits.commitRetryMs));
            }
        }
        this.lastCommitMs = performance.now() - this.lastStart;
        this.commits++;
        this.inFlight = undefined;
        this.report(undefined);
        this.onCommitted?.(batch.updates);
        for (const [waiter, count] of batch.waiters) {
            this.committedUpdates += count;
            waiter.committed(count);
        }
        if (this.gathering.updates.size > 0) {
            this.schedule();
        } else {
            const waiters = this.idleWaiters;
            this.idleWaiters = [];
            waiters.forEach((resolve) => resolve());
        }
        if (this.idleWaiters.length > 0) {
            this.start();
        }
    }

    private report(failure: Error | undefined): void {
        if (failure?.message !== this.failure?.message) {
            this.failure = failure;
            this.onChange(failure);
        }
    }
}
