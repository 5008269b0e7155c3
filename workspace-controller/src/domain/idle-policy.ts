/** What is known of a running workspace's activity. Times in milliseconds since the epoch. */
export interface IdleFacts {
    nowMs: number;
    /** When it began to run. */
    runningSinceMs: number;
    /** Last key or pointer input. */
    lastInputAtMs: number | undefined;
    /** Foreground jobs that use the CPU, print or serve traffic. */
    jobs: readonly string[];
    taskRunning: boolean;
    debugRunning: boolean;
    keepAwakeUntilMs: number | undefined;
    idleTimeoutMs: number;
    /** Longest that anything but input holds it awake, counted from the last input. */
    ceilingMs: number;
}

export interface IdleVerdict {
    keptAwakeBy: 'input' | 'job' | 'task' | 'debug' | 'keep-awake' | 'nothing';
    /** For people, without the time, which the reader's clock adds. */
    sentence: string;
    /** When it hibernates unless something happens. */
    hibernatesAtMs: number;
    hibernate: boolean;
    /** For people who come back: why it hibernated, when `hibernate` is true. */
    hibernationReason: string;
    /** Whether to warn the people inside. */
    warn: boolean;
}

const RECENT_INPUT_MS = 2 * 60_000;
const WARNING_MS = 5 * 60_000;

/** Decides whether a workspace stays awake, why, and until when. */
export function judgeIdleness(facts: IdleFacts): IdleVerdict {
    const lastInputAtMs = Math.max(facts.lastInputAtMs ?? 0, facts.runningSinceMs);
    const ceilingAtMs = lastInputAtMs + facts.ceilingMs;
    const working = facts.debugRunning ? 'debug' : facts.taskRunning ? 'task' : facts.jobs.length > 0 ? 'job' : undefined;
    const idleAtMs = lastInputAtMs + facts.idleTimeoutMs;
    const keepAwakeMs = Math.min(facts.keepAwakeUntilMs ?? 0, facts.nowMs + facts.ceilingMs);

    // Work keeps the clock at its full time, but never past the ceiling: a forgotten loop must not run for ever.
    const workingUntilMs = working === undefined ? 0 : Math.min(facts.nowMs + facts.idleTimeoutMs, ceilingAtMs);
    const hibernatesAtMs = Math.max(idleAtMs, workingUntilMs, keepAwakeMs);
    const keptAwakeBy =
        facts.lastInputAtMs !== undefined && facts.nowMs - facts.lastInputAtMs < RECENT_INPUT_MS
            ? 'input'
            : keepAwakeMs > facts.nowMs
              ? 'keep-awake'
              : working !== undefined && workingUntilMs > facts.nowMs
                ? working
                : 'nothing';
    const hibernate = facts.nowMs >= hibernatesAtMs;
    return {
        keptAwakeBy,
        sentence: sentenceOf(keptAwakeBy, facts, hibernatesAtMs - facts.nowMs),
        hibernatesAtMs,
        hibernate,
        hibernationReason: working
            ? `Hibernated after ${durationText(facts.nowMs - lastInputAtMs)} without input, with work still running: the template allows no more.`
            : `Hibernated after ${durationText(facts.nowMs - lastInputAtMs)} without activity.`,
        warn: !hibernate && hibernatesAtMs - facts.nowMs <= Math.min(WARNING_MS, facts.idleTimeoutMs / 2),
    };
}

/** "45 min", "3 hours". */
function durationText(durationMs: number): string {
    const minutes = Math.max(1, Math.round(durationMs / 60_000));
    return minutes >= 120 ? `${Math.round(minutes / 60)} hours` : `${minutes} min`;
}

function sentenceOf(keptAwakeBy: IdleVerdict['keptAwakeBy'], facts: IdleFacts, remainingMs: number): string {
    const inTime = durationText(remainingMs);
    switch (keptAwakeBy) {
        case 'input':
            return `In use; hibernates after ${durationText(facts.idleTimeoutMs)} without activity.`;
        case 'job':
            return `Kept awake by ${facts.jobs[0]!.slice(0, 80)}; hibernates in ${inTime} at the earliest.`;
        case 'task':
            return `Kept awake by a running task; hibernates in ${inTime} at the earliest.`;
        case 'debug':
            return `Kept awake by a debug session; hibernates in ${inTime} at the earliest.`;
        case 'keep-awake':
            return `Kept awake on request; hibernates in ${inTime}.`;
        case 'nothing':
            return `Idle; hibernates in ${inTime}.`;
    }
}
