import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Limits } from '../limits.ts';
import { flushDelay } from './flush-delay.ts';
import { Gap } from './gap.ts';
import type { Room } from './room.ts';

const SAMPLE_MS = 100;
/** Below this share of a core, edits wait the shorter delay; from the upper one on, the longer. */
const IDLE_SHARE = 0.2;
const BUSY_SHARE = 0.6;
const FLUSH_SLACK_MS = 2;

/**
 * When gathered edits and presence go out. Edits: at once where nothing is likely to join them, so that somebody who types
 * alone never waits; else a little later, and the later the busier the loop and the room are, so that more of them share a
 * frame. Presence: on a beat of its own for each room.
 */
export class Beat {
    private readonly limits: Limits;
    private readonly now: () => number;
    /** Rooms with gathered edits, and when they go out. */
    private readonly dirty = new Map<Room, number>();
    /** Between batches of any room. */
    private readonly gap = new Gap();
    private timer: NodeJS.Timeout | undefined;
    private immediate: NodeJS.Immediate | undefined;
    private readonly presenceDirty = new Set<Room>();
    private presenceTimer: NodeJS.Timeout | undefined;
    private last: EventLoopUtilization = performance.eventLoopUtilization();
    private lastSampleAt = 0;
    private delayMs: number;
    private stopped = false;

    constructor(limits: Limits, now: () => number) {
        this.limits = limits;
        this.now = now;
        this.delayMs = limits.minFlushDelayMs;
    }

    /** Wait before gathered edits go out, at this load. */
    get flushDelayMs(): number {
        return this.delayMs;
    }

    schedule(room: Room): void {
        if (this.stopped) {
            return;
        }
        this.sample();
        const now = performance.now();
        this.gap.note(now);
        const delayMs = flushDelay({
            members: room.members.size,
            roomGapMs: room.editGap.meanMs,
            serverGapMs: this.gap.meanMs,
            shortestMs: this.delayMs,
            longestMs: this.limits.maxFlushDelayMs,
        });
        this.dirty.set(room, now + delayMs);
        if (delayMs === 0) {
            this.immediate ??= setImmediate(() => this.flushDue());
        } else {
            this.timer ??= setTimeout(() => this.flushDue(), delayMs);
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
        this.flushUntil(Infinity);
    }

    private flushDue(): void {
        // Rooms that are almost due go along: one wake-up for several.
        this.flushUntil(performance.now() + FLUSH_SLACK_MS);
    }

    private flushUntil(until: number): void {
        clearTimeout(this.timer);
        clearImmediate(this.immediate);
        this.timer = this.immediate = undefined;
        let next = Infinity;
        const now = performance.now();
        for (const [room, due] of this.dirty) {
            if (due <= until) {
                this.dirty.delete(room);
                room.flush();
            } else {
                next = Math.min(next, due);
            }
        }
        if (next < Infinity) {
            this.timer = setTimeout(() => this.flushDue(), Math.max(1, next - now));
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
