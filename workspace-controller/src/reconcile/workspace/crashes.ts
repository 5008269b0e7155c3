import { BACKEND } from './conditions.ts';
import type { Status } from './plan.ts';

const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAXIMUM_MS = 60_000;
const CRASHES_UNTIL_ATTENTION = 3;
/** What ran for so long after a restart counts as healthy: the next crash is a first one again. */
const STABLE_MS = 10 * 60_000;
/** For so long after a restart, people who come in are told of it. */
const NEWS_MS = 10 * 60_000;

const backend = (status: Status) => status.conditions.find((condition) => condition.type === BACKEND);

const withBackend = (status: Status, condition: Omit<Status['conditions'][number], 'type' | 'observedGeneration'>): Status => ({
    ...status,
    conditions: [
        ...status.conditions.filter(({ type }) => type !== BACKEND),
        { type: BACKEND, observedGeneration: status.observedGeneration, ...condition },
    ],
});

/** Counts a crash, once, and says it. */
export function noteCrash(status: Status, what: string, nowMs: number): Status {
    const known = backend(status);
    const message = known?.status === 'False' ? known.message : `${what} It is started again; what was saved is there.`.slice(0, 1024);
    const stable = known?.status === 'True' && nowMs - Date.parse(known.lastTransitionAt) > STABLE_MS;
    const restarts = known?.status === 'False' ? status.restarts : stable ? 1 : status.restarts + 1;
    const next: Status = {
        ...status,
        restarts,
        state: restarts >= CRASHES_UNTIL_ATTENTION ? 'needs-attention' : 'preparing',
        reason: message,
        reasonCode: 'backend-crashed',
    };
    return known?.status === 'False'
        ? next
        : withBackend(next, { status: 'False', reason: 'Crashed', message, lastTransitionAt: new Date(nowMs).toISOString() });
}

/** How long until it may be started again. */
export function pauseAfterCrashMs(status: Status, nowMs: number): number {
    const pauseMs = Math.min(PAUSE_MAXIMUM_MS, PAUSE_FIRST_MS * 2 ** (status.restarts - 1));
    return Date.parse(backend(status)!.lastTransitionAt) + pauseMs - nowMs;
}

/** The status that a restart after a crash is carried out under: a newer generation of the claim. */
export function noteRestart(status: Status, nowMs: number): Status {
    const { bootId: _bootId, ...rest } = status;
    return withBackend(
        { ...rest, claim: { ...rest.claim!, generation: rest.claim!.generation + 1, launch: 'resumed' } },
        { status: 'True', reason: 'Restarted', message: backend(status)!.message, lastTransitionAt: new Date(nowMs).toISOString() },
    );
}

/** What to tell the people inside about a restart that was not theirs. */
export function newsOfRestart(status: Status, nowMs: number): string | undefined {
    const condition = backend(status);
    return condition?.status === 'True' && nowMs - Date.parse(condition.lastTransitionAt) < NEWS_MS ? condition.message : undefined;
}
