/** Time as an argument. Durations in milliseconds. */
export interface Clock {
    /** Milliseconds since the epoch. */
    now(): number;
    /** Calls `callback` once after `delayMs`; the timer does not keep the process alive. */
    setTimeout(callback: () => void, delayMs: number): Timer;
}

export interface Timer {
    cancel(): void;
}

export const systemClock: Clock = {
    now: () => Date.now(),
    setTimeout(callback, delayMs) {
        const timer = setTimeout(callback, delayMs);
        timer.unref();
        return { cancel: () => clearTimeout(timer) };
    },
};

/** A clock that moves only when a test says so; due timers fire in order. */
export class FakeClock implements Clock {
    private time: number;
    private readonly timers = new Set<{ at: number; callback: () => void }>();

    constructor(startMs = Date.UTC(2026, 0, 1)) {
        this.time = startMs;
    }

    now(): number {
        return this.time;
    }

    setTimeout(callback: () => void, delayMs: number): Timer {
        const timer = { at: this.time + delayMs, callback };
        this.timers.add(timer);
        return { cancel: () => void this.timers.delete(timer) };
    }

    advance(durationMs: number): void {
        const end = this.time + durationMs;
        for (;;) {
            const due = [...this.timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
            if (!due) {
                break;
            }
            this.timers.delete(due);
            this.time = due.at;
            due.callback();
        }
        this.time = end;
    }
}
