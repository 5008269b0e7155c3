/** After a longer pause the next event counts as the first one. */
const LONGEST_GAP_MS = 500;

/** Less tells nothing more, and nobody divides by zero. */
const SHORTEST_GAP_MS = 0.01;

/** The time between events, lately, in milliseconds. */
export class Gap {
    meanMs = LONGEST_GAP_MS;
    private lastAt = -Infinity;

    /** `now` is of a monotonic clock. */
    note(now: number): void {
        const gap = now - this.lastAt;
        this.lastAt = now;
        this.meanMs = gap > LONGEST_GAP_MS ? LONGEST_GAP_MS : Math.max(SHORTEST_GAP_MS, this.meanMs + (gap - this.meanMs) / 8);
    }
}
