import type { Clock, Timer } from '@tandem/server-kit';
import { signal } from './end-processes.ts';

/** How long a workspace that has just become somebody's has the machine for itself … */
const HOLD_MS = 800;
/** … and how long a stream of claims may keep the pool from filling. */
const LONGEST_HOLD_MS = 2_000;

/**
 * Lets what starts for nobody stand still while somebody's workspace opens: two cores cannot do both in time. Stopped
 * by signal, not by priority, because a process of low priority keeps the locks it holds in the kernel while it waits.
 */
export class StartHold {
    private readonly clock: Clock;
    private readonly starting: () => readonly number[];
    private timer: Timer | undefined;
    private sinceMs = 0;
    /** Who was stopped: one may be ready, or somebody's, before it goes on. */
    private readonly standing = new Set<number>();

    /** @param starting pids of backends (leaders of their process group) that start for nobody */
    constructor(clock: Clock, starting: () => readonly number[]) {
        this.clock = clock;
        this.starting = starting;
    }

    hold(): void {
        const nowMs = this.clock.now();
        if (this.timer === undefined) {
            this.sinceMs = nowMs;
        } else {
            this.timer.cancel();
        }
        const remainingMs = Math.min(HOLD_MS, this.sinceMs + LONGEST_HOLD_MS - nowMs);
        if (remainingMs <= 0) {
            this.release();
            return;
        }
        for (const pid of this.starting()) {
            this.standing.add(pid);
            signal(-pid, 'SIGSTOP');
        }
        this.timer = this.clock.setTimeout(() => this.release(), remainingMs);
    }

    /** Also for what an earlier platform has left standing. */
    release(): void {
        this.timer?.cancel();
        this.timer = undefined;
        this.starting().forEach((pid) => this.standing.add(pid));
        this.standing.forEach((pid) => signal(-pid, 'SIGCONT'));
        this.standing.clear();
    }
}
