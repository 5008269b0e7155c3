import { AppError, type Clock } from '@tandem/server-kit';

const WINDOW_MS = 15 * 60_000;
const MAX_KEYS = 10_000;

/** Counts failures per key and refuses more after a limit, until the window has passed. In memory. */
export class AttemptLimiter {
    private readonly failures = new Map<string, { count: number; until: number }>();
    private readonly clock: Clock;
    private readonly limit: number;

    constructor(clock: Clock, limit: number) {
        this.clock = clock;
        this.limit = limit;
    }

    /** @throws AppError `too-many-requests` */
    check(key: string): void {
        const entry = this.failures.get(key);
        const now = this.clock.now();
        if (entry !== undefined && entry.until > now && entry.count >= this.limit) {
            const minutes = Math.ceil((entry.until - now) / 60_000);
            throw new AppError('too-many-requests', `Too many failed attempts. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`);
        }
    }

    failed(key: string): void {
        const now = this.clock.now();
        const entry = this.failures.get(key);
        if (entry !== undefined && entry.until > now) {
            entry.count++;
            return;
        }
        if (this.failures.size >= MAX_KEYS) {
            this.forgetOldest(now);
        }
        this.failures.set(key, { count: 1, until: now + WINDOW_MS });
    }

    succeeded(key: string): void {
        this.failures.delete(key);
    }

    private forgetOldest(now: number): void {
        for (const [key, entry] of this.failures) {
            if (entry.until <= now || this.failures.size >= MAX_KEYS) {
                this.failures.delete(key);
            }
        }
    }
}
