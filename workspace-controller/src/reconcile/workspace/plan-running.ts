import type { Workspace } from '@tandem/protocol';
import type { Boot } from '../../runtime/workspace-runtime.ts';
import { WAITING } from './conditions.ts';
import { noteCrash, noteRestart, pauseAfterCrashMs } from './crashes.ts';
import type { ControlFacts, Status, WorkspaceFacts, WorkspacePlan } from './plan.ts';
import { endStages, enterStage, noteProgress } from './stages.ts';

/** A boot that was never usable and says nothing for so long is ended and started again. */
const SILENT_MS = 90_000;
const ACTIVATION_REPEAT_MS = 10_000;

/** For a claimed workspace that is to run. */
export function planRunning(facts: WorkspaceFacts): WorkspacePlan {
    const { workspace, instance, nowMs } = facts;
    const now = new Date(nowMs).toISOString();
    const { reason: _reason, reasonCode: _code, queuePosition: _position, ...rest } = workspace.status;
    const status: Status = { ...rest, observedGeneration: workspace.metadata.generation };
    if (!facts.admission.admitted) {
        return planQueued(facts, status, now);
    }
    if (status.claim === undefined) {
        const queued = status.stages.filter((entry) => entry.stage === 'queued');
        status.claim = { uid: facts.newClaimUid, generation: 1, launch: instance.phase === 'started' ? 'warm' : 'cold' };
        status.stages = enterStage(queued.length > 0 ? queued : enterStage([], 'queued', now), 'claimed', now);
        status.conditions = status.conditions.filter((condition) => condition.type !== WAITING);
    }
    switch (instance.phase) {
        case 'absent':
        case 'stopped':
            return planStart(status, now, workspace.status);
        case 'starting':
            return { status: { ...status, state: 'preparing', bootId: instance.boot.bootId }, actions: [] };
        case 'crashed':
            return planCrashed(facts, status, instance.exit);
        case 'started':
            return planStarted(facts, { ...status, bootId: instance.boot.bootId }, instance.boot);
    }
}

function planQueued({ admission, instance }: WorkspaceFacts, status: Status, now: string): WorkspacePlan {
    const queued = status.stages.filter((entry) => entry.stage === 'queued' && entry.endedAt === undefined);
    const idle = instance.phase === 'absent' || instance.phase === 'stopped';
    const reason = admission.reason ?? 'It waits for a free place.';
    return {
        status: {
            ...status,
            state: 'queued',
            queuePosition: admission.position ?? 1,
            reason,
            stages: enterStage(queued, 'queued', now),
        },
        actions: idle ? [] : [{ type: 'stop', reason }],
    };
}

/** A start after an earlier boot is a resume: a newer generation, written before anything starts. */
function planStart(status: Status, now: string, before: Status): WorkspacePlan {
    const { bootId: _bootId, ...rest } = status;
    const resumes =
        status.bootId !== undefined || before.state === 'hibernated' || (before.state === 'queued' && before.claim !== undefined);
    // Until a start succeeds, the reason why the last one failed stays to be read.
    const next: Status = {
        ...rest,
        ...kept(before, 'needs-attention'),
        state: before.state === 'needs-attention' ? before.state : 'preparing',
    };
    if (resumes) {
        const queued = rest.stages.filter((entry) => entry.stage === 'queued' && entry.endedAt === undefined);
        next.claim = { ...rest.claim!, generation: rest.claim!.generation + 1, launch: 'resumed' };
        next.stages = enterStage(queued, 'claimed', now);
    }
    return { status: next, actions: [{ type: 'start' }] };
}

function planCrashed({ workspace, nowMs }: WorkspaceFacts, status: Status, exit: string): WorkspacePlan {
    const next = noteCrash(status, `The IDE's server ended (${exit}).`, nowMs);
    // Whoever changed the spec since (retry, say) does not wait for the pause to end.
    const asked = workspace.metadata.generation > workspace.status.observedGeneration;
    const remainingMs = asked ? 0 : pauseAfterCrashMs(next, nowMs);
    return remainingMs > 0
        ? { status: next, actions: [], requeueAfterMs: remainingMs }
        : { status: noteRestart(next, nowMs), actions: [{ type: 'start' }] };
}

function planStarted(facts: WorkspaceFacts, status: Status, boot: Boot): WorkspacePlan {
    const { control, workspace, nowMs } = facts;
    const now = new Date(nowMs).toISOString();
    const claim = status.claim!;
    if (control === undefined || control.bootId !== boot.bootId || !control.connected) {
        return planSilent(facts, status, boot, control?.bootId === boot.bootId ? control : undefined);
    }
    if (control.refusal !== undefined && !mayRaise(facts, control)) {
        return {
            status: { ...status, state: 'needs-attention', reason: control.refusal.reason, reasonCode: control.refusal.code },
            actions: [],
        };
    }
    if (control.refusal !== undefined) {
        status.claim = { ...claim, generation: Math.max(claim.generation, control.keptClaim!.generation) + 1 };
        const { generation } = status.claim;
        return { status: { ...status, state: 'preparing' }, actions: [{ type: 'activate', generation, bootId: boot.bootId }] };
    }
    if (control.activatedGeneration !== claim.generation) {
        return planActivation(facts, status, boot, control);
    }
    if (status.prepared) {
        return { status: { ...status, state: 'running', stages: withReady(status.stages, now) }, actions: [] };
    }
    return planPreparation(workspace, control, status, now);
}

/** Not connected: what is usable goes on without us, what never was is started again after a while. */
function planSilent({ workspace, nowMs }: WorkspaceFacts, status: Status, boot: Boot, control: ControlFacts | undefined): WorkspacePlan {
    const before = workspace.status;
    if (before.state === 'running' || before.state === 'failed') {
        // While a running workspace's control socket is away, the IDE goes on: the gateway does not need it.
        return { status: { ...status, ...kept(before, before.state) }, actions: [{ type: 'connect', boot }] };
    }
    const next: Status = {
        ...status,
        ...kept(before, 'needs-attention'),
        state: before.state === 'needs-attention' ? before.state : 'preparing',
    };
    return control?.silentSinceMs === undefined
        ? { status: next, actions: [{ type: 'connect', boot }] }
        : endWhenSilent(next, nowMs, control.silentSinceMs, { status: next, actions: [{ type: 'connect', boot }] });
}

function planActivation({ workspace, nowMs }: WorkspaceFacts, status: Status, boot: Boot, control: ControlFacts): WorkspacePlan {
    const { generation } = status.claim!;
    const before = workspace.status.state;
    const next: Status = { ...status, state: before === 'running' ? 'running' : 'preparing' };
    const asked = control.activationAsked;
    const sinceMs = asked?.generation === generation ? nowMs - asked.atMs : ACTIVATION_REPEAT_MS;
    const plan: WorkspacePlan =
        sinceMs < ACTIVATION_REPEAT_MS
            ? { status: next, actions: [], requeueAfterMs: ACTIVATION_REPEAT_MS - sinceMs }
            : { status: next, actions: [{ type: 'activate', generation, bootId: boot.bootId }], requeueAfterMs: ACTIVATION_REPEAT_MS };
    return before === 'running' || control.silentSinceMs === undefined ? plan : endWhenSilent(next, nowMs, control.silentSinceMs, plan);
}

function endWhenSilent(status: Status, nowMs: number, silentSinceMs: number, otherwise: WorkspacePlan): WorkspacePlan {
    const remainingMs = silentSinceMs + SILENT_MS - nowMs;
    if (remainingMs > 0) {
        return { ...otherwise, requeueAfterMs: Math.min(remainingMs, otherwise.requeueAfterMs ?? Infinity) };
    }
    const exit = `The IDE's server did not answer for ${SILENT_MS / 1000} s.`;
    return { status: noteRestart(noteCrash(status, exit, nowMs), nowMs), actions: [{ type: 'stop', reason: exit }, { type: 'start' }] };
}

/**
 * A volume that is ahead of the database (restored from an older backup, say) refuses the claim. It is the same claim, so
 * a person who asks for another try gets a generation that is newer than both.
 */
const mayRaise = ({ workspace }: WorkspaceFacts, { keptClaim }: ControlFacts): boolean =>
    keptClaim?.uid === workspace.status.claim?.uid && workspace.metadata.generation > workspace.status.observedGeneration;

function planPreparation(workspace: Workspace, control: ControlFacts, status: Status, now: string): WorkspacePlan {
    const attempt = workspace.spec.prepareAttempt ?? 0;
    if (status.failedPrepareAttempt === attempt) {
        return { status: { ...status, state: 'failed', ...kept(workspace.status, 'failed') }, actions: [] };
    }
    const { preparation, progress } = control;
    if (preparation?.attempt !== attempt) {
        const stage = workspace.spec.source === undefined ? 'preparing' : 'cloning';
        return {
            status: { ...status, state: 'preparing', stages: enterStage(status.stages, stage, now) },
            actions: [{ type: 'prepare', attempt }],
        };
    }
    if (preparation.outcome === undefined) {
        const stages = progress ? noteProgress(enterStage(status.stages, progress.stage, now), progress) : status.stages;
        return { status: { ...status, state: 'preparing', stages }, actions: [] };
    }
    if (preparation.outcome.ok) {
        const { failedPrepareAttempt: _failed, ...rest } = status;
        return { status: { ...rest, prepared: true, state: 'running', stages: withReady(rest.stages, now) }, actions: [] };
    }
    return {
        status: {
            ...status,
            state: 'failed',
            reason: preparation.outcome.reason,
            reasonCode: preparation.outcome.code,
            failedPrepareAttempt: attempt,
            stages: endStages(status.stages, now),
        },
        actions: [],
    };
}

const withReady = (stages: Status['stages'], now: string): Status['stages'] =>
    stages.some((entry) => entry.stage === 'ready') ? stages : enterStage(stages, 'ready', now);

/** Reason and code of a state that is not left. */
function kept(before: Status, state: Status['state']): Partial<Status> {
    return before.state === state
        ? {
              ...(before.reason === undefined ? {} : { reason: before.reason }),
              ...(before.reasonCode === undefined ? {} : { reasonCode: before.reasonCode }),
          }
        : {};
}
