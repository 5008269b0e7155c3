/** An edit waits when that is likely to save at least so many writes and turns of the loop … */
const WORTH_WAITING = 2;
/** … and as long as ever when it saves so many writes. */
const WORTH_THE_LONGEST_WRITES = 4;

/**
 * How long an edit waits for others, in milliseconds: not at all where hardly any are likely to come in time, else between
 * `shortestMs`, which depends on how busy the loop is, and `longestMs`.
 */
export function flushDelay(edit: {
    readonly members: number;
    /** Time between edits of the room, lately. */
    readonly roomGapMs: number;
    /** Time between edits of all rooms, lately. */
    readonly serverGapMs: number;
    readonly shortestMs: number;
    readonly longestMs: number;
}): number {
    const { members, roomGapMs, serverGapMs, shortestMs, longestMs } = edit;
    // An edit of the same room saves a write to every member; one of another room goes out in the same turn of the loop.
    const savedWrites = (members * shortestMs) / roomGapMs;
    const savedTurns = shortestMs / serverGapMs;
    if (savedWrites + savedTurns < WORTH_WAITING) {
        return 0;
    }
    const share = (savedWrites - WORTH_WAITING) / (WORTH_THE_LONGEST_WRITES - WORTH_WAITING);
    return shortestMs + Math.min(1, Math.max(0, share)) * (longestMs - shortestMs);
}
