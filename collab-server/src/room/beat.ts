import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Limits } from '../limits.ts';
import type { Room } from './room.ts';

const SAMPLE_MS = 100;
/** Below this share of a core, edits go out at once; from the upper one on, they wait the whole delay. */
const IDLE_SHARE = 0.12;
const BUSY_SHARE = 0.6;

/**
 * When gathered edits and presence go out. Edits: at once while the loop is idle, on a longer beat the busier it is, so
 * that more of them share a frame. Presence: on a beat of its own for each room.
 */
export class Beat {
    private readonly limits: Limits;
    private readonly now: () => number;
    private dirty = new Set<Room>();
    private timer: NodeJS.Timeout | undefined;
    private scheduled = false;
    private readonly presenceDirty = new Set<Room>();
    private presenceTimer: NodeJS.Timeout | undefined;
    private last: EventLoopUtilization = performance.eventLoopUtilization();
    private lastSampleAt = 0;
    private delayMs = 0;
    private stopped = false;

    constructor(limits: Limits, now: () => number) {
        this.limits = limits;
        this.now = now;
    }

    /** Wait before gathered edits go out, at this load. */
    get flushDelayMs(): number {
        return this.delayMs;
    }

    schedule(room: Room): void {
        this.dirty.add(room);
        if (this.scheduled || this.stopped) {
            return;
        }
        this.scheduled = true;
        this.sample();
        if (this.delayMs < 1) {
            setImmediate(() => this.flush());
        } else {
            this.timer = setTimeout(() => this.flush(), this.delayMs);
        }
    }

    schedulePresence(room: Room, atOnce: boolean): void {
        if (this.stopped) {
            return;
        }
        if (atOnce) {
            this.presenceDirty.delete(room);
            setImmediate(() => room.flushPresence());
            return;
        }
        this.presenceDirty.add(room);
        this.armPresence();
    }

    /** Sends everything that waits. */
    flush(): void {
        this.scheduled = false;
        clearTimeout(this.timer);
        this.timer = undefined;
        const rooms = this.dirty;
        this.dirty = new Set();
        for (const room of rooms) {
            room.flush();
        }
    }

    stop(): void {
        this.flush();
        this.stopped = true;
        clearTimeout(this.presenceTimer);
    }

    private armPresence(): void {
        if (this.presenceTimer || this.presenceDirty.size === 0) {
            return;
        }
        const now = this.now();
        let next = Infinity;
        for (const room of this.presenceDirty) {
            next = Math.min(next, room.lastPresenceAt + this.beatOf(room));
        }
        this.presenceTimer = setTimeout(() => this.flushPresence(), Math.max(1, next - now));
    }

    private flushPresence(): void {
        this.presenceTimer = undefined;
        const now = this.now();
        for (const room of this.presenceDirty) {
            // Edits go first: under pressure presence is what waits.
            if (room.lastPresenceAt + this.beatOf(room) <= now + 1) {
                this.presenceDirty.delete(room);
                room.flushPresence();
            }
        }
        this.armPresence();
    }

    private beatOf(room: Room): number {
        const { presenceBeatMs, presenceBeatPerMemberMs, maxPresenceBeatMs } = this.limits;
        return Math.min(maxPresenceBeatMs, presenceBeatMs + room.members.size * presenceBeatPerMemberMs);
    }

    private sample(): void {
        const now = performance.now();
        if (now - this.lastSampleAt < SAMPLE_MS) {
            return;
        }
        this.lastSampleAt = now;
        const current = performance.eventLoopUtilization();
        const { utilization } = performance.eventLoopUtilization(current, this.last);
        this.last = current;
        const { minFlushDelayMs, maxFlushDelayMs } = this.limits;
        const share = Math.min(1, Math.max(0, (utilization - IDLE_SHARE) / (BUSY_SHARE - IDLE_SHARE)));
        this.delayMs = share === 0 ? minFlushDelayMs : minFlushDelayMs + share * (maxFlushDelayMs - minFlushDelayMs);
    }
}
