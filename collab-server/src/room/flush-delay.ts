/** An edit waits when that is likely to save at least so many writes … */
const WORTH_WAITING_WRITES = 2;
/** … and as long as ever when it saves so many. */
const WORTH_THE_LONGEST_WRITES = 8;

/**
 * How long an edit waits for others to share its frames, in milliseconds: not at all where none is likely to come in time,
 * else between `shortestMs`, which depends on how busy the loop is, and `longestMs`.
 */
export function flushDelay(room: {
    readonly members: number;
    /** Time between edits, lately. */
    readonly meanGapMs: number;
    readonly shortestMs: number;
    readonly longestMs: number;
}): number {
    const { members, meanGapMs, shortestMs, longestMs } = room;
    // Each edit that comes within the delay saves a write to every member.
    const savedWrites = (members * shortestMs) / meanGapMs;
    if (savedWrites < WORTH_WAITING_WRITES) {
        return 0;
    }
    const share = Math.min(1, (savedWrites - WORTH_WAITING_WRITES) / (WORTH_THE_LONGEST_WRITES - WORTH_WAITING_WRITES));
    return shortestMs + share * (longestMs - shortestMs);
}
