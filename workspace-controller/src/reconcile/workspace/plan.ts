import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import type { Admission } from '../../domain/admission.ts';
import type { Boot, InstanceState } from '../../runtime/workspace-runtime.ts';
import type { ControlState } from '../control/control-sessions.ts';
import { endStages, enterStage, noteProgress } from './stages.ts';

type Status = Workspace['status'];

/** Effects of a plan; each can be repeated without harm. */
export type Action =
    | { type: 'start' }
    | { type: 'stop'; reason: string }
    | { type: 'destroy' }
    | { type: 'connect'; boot: Boot }
    | { type: 'activate'; generation: number; bootId: string }
    | { type: 'prepare'; attempt: number }
    /** Takes the finalizer off, or deletes a pool member that is of no use. */
    | { type: 'remove-finalizer' }
    | { type: 'delete-object' };

export interface WorkspaceFacts {
    workspace: Workspace;
    instance: InstanceState;
    control: (Omit<ControlState, 'session'> & { connected: boolean; bootId: string }) | undefined;
    admission: Admission;
    nowMs: number;
    /** Used for a claim that is made now. */
    newClaimUid: string;
}

export interface WorkspacePlan {
    status: Status;
    actions: Action[];
    requeueAfterMs?: number;
}

/** A member of a pool that has not started by then is replaced. */
const MEMBER_STUCK_MS = 5 * 60_000;
const CRASH_PAUSE_FIRST_MS = 1_000;
const CRASH_PAUSE_MAXIMUM_MS = 60_000;
const CRASHES_UNTIL_ATTENTION = 3;
const BACKEND = 'Backend';
const WAITING = 'Waiting';

/**
 * Decides what is to be done next for one workspace, from what is wanted and what is. Pure: called again with the same
 * facts it decides the same. Everything that must survive a crash of the controller is in `status`, which is written
 * before the actions are carried out.
 */
export function planWorkspace(facts: WorkspaceFacts): WorkspacePlan {
    const { workspace } = facts;
    if (workspace.metadata.deletedAt !== undefined) {
        const gone = facts.instance.phase === 'absent';
        return {
            status: { ...workspace.status, reason: 'It is being deleted.' },
            actions: gone ? [{ type: 'remove-finalizer' }] : [{ type: 'destroy' }, { type: 'remove-finalizer' }],
        };
    }
    if (workspace.metadata.labels[POOL_LABEL] !== undefined) {
        return planMember(facts);
    }
    return workspace.spec.operatingMode === 'Hibernated' ? planHibernated(facts) : planRunning(facts);
}

function planMember({ workspace, instance, control, nowMs }: WorkspaceFacts): WorkspacePlan {
    const status: Status = { ...workspace.status, observedGeneration: workspace.metadata.generation };
    const ageMs = nowMs - Date.parse(workspace.metadata.createdAt);
    switch (instance.phase) {
        case 'absent':
        case 'stopped':
            // A member that ran and is gone (the machine restarted, say) is replaced, not revived: nothing of it is anyone's.
            return status.bootId === undefined
                ? { status: { ...status, state: 'preparing' }, actions: [{ type: 'start' }] }
                : { status, actions: [{ type: 'delete-object' }] };
        case 'crashed':
            return { status, actions: [{ type: 'delete-object' }] };
        case 'starting':
            return ageMs > MEMBER_STUCK_MS
                ? { status, actions: [{ type: 'delete-object' }] }
                : {
                      status: { ...status, state: 'preparing', bootId: instance.boot.bootId },
                      actions: [],
                      requeueAfterMs: MEMBER_STUCK_MS - ageMs + 1,
                  };
        case 'started': {
            const ready = control?.connected === true && control.bootId === instance.boot.bootId;
            return {
                // Never 'running': a claim keeps the status, and what was just claimed is not ready for its owner yet.
                status: { ...status, state: 'preparing', bootId: instance.boot.bootId, conditions: ready ? [waiting(status, nowMs)] : [] },
                actions: ready ? [] : [{ type: 'connect', boot: instance.boot }],
            };
        }
    }
}

/** Whether a pool's member can be claimed. */
export const isWaiting = (member: Workspace): boolean =>
    member.status.conditions.some((condition) => condition.type === WAITING && condition.status === 'True');

function waiting(status: Status, nowMs: number): Status['conditions'][number] {
    return (
        status.conditions.find((condition) => condition.type === WAITING) ?? {
            type: WAITING,
            status: 'True',
            reason: 'Started',
            message: 'It is started and waits to be claimed.',
            lastTransitionAt: new Date(nowMs).toISOString(),
            observedGeneration: status.observedGeneration,
        }
    );
}

function planHibernated({ workspace, instance, nowMs }: WorkspaceFacts): WorkspacePlan {
    const now = new Date(nowMs).toISOString();
    const asleep = instance.phase === 'absent' || instance.phase === 'stopped';
    const { idle: _idle, queuePosition: _position, reasonCode: _code, bootId, ...rest } = workspace.status;
    const status: Status = {
        ...rest,
        observedGeneration: workspace.metadata.generation,
        state: 'hibernated',
        restarts: 0,
        stages: endStages(rest.stages, now),
        // Kept until nothing runs any more: its absence is what makes the next start a new generation only once.
        ...(asleep || bootId === undefined ? {} : { bootId }),
    };
    return { status, actions: asleep ? [] : [{ type: 'stop', reason: workspace.status.reason ?? 'The workspace hibernates.' }] };
}

function planRunning(facts: WorkspaceFacts): WorkspacePlan {
    const { workspace, instance, nowMs } = facts;
    const now = new Date(nowMs).toISOString();
    const { reason: _reason, reasonCode: _code, queuePosition: _position, ...rest } = workspace.status;
    const status: Status = { ...rest, observedGeneration: workspace.metadata.generation };
    const idleInstance = instance.phase === 'absent' || instance.phase === 'stopped';
    if (!facts.admission.admitted) {
        return {
            status: {
                ...status,
                state: 'queued',
                queuePosition: facts.admission.position ?? 1,
                reason: `It waits for a free place; it is number ${facts.admission.position ?? 1} in line.`,
                stages: enterStage(
                    status.stages.filter((entry) => entry.stage === 'queued'),
                    'queued',
                    now,
                ),
            },
            actions: idleInstance ? [] : [{ type: 'stop', reason: 'There is no free place.' }],
        };
    }
    if (status.claim === undefined) {
        status.claim = { uid: facts.newClaimUid, generation: 1, launch: instance.phase === 'started' ? 'warm' : 'cold' };
        status.stages = enterStage(enterStage([], 'queued', now), 'claimed', now);
        status.conditions = status.conditions.filter((condition) => condition.type !== WAITING);
    }
    switch (instance.phase) {
        case 'absent':
        case 'stopped':
            return planStart(status, now, workspace.status.state);
        case 'starting':
            return { status: { ...status, state: 'preparing', bootId: instance.boot.bootId }, actions: [] };
        case 'crashed':
            return planCrashed(status, instance.exit, nowMs);
        case 'started':
            return planStarted(facts, { ...status, bootId: instance.boot.bootId }, instance.boot);
    }
}

/** A start after an earlier boot is a resume: a newer generation, written before anything starts. */
function planStart(status: Status, now: string, stateBefore: Status['state']): WorkspacePlan {
    const { bootId: _bootId, ...rest } = status;
    const resumes = status.bootId !== undefined || stateBefore === 'hibernated';
    const next: Status = { ...rest, state: 'preparing' };
    if (resumes) {
        next.claim = { ...rest.claim!, generation: rest.claim!.generation + 1, launch: 'resumed' };
        next.stages = enterStage([], 'claimed', now);
    }
    return { status: next, actions: [{ type: 'start' }] };
}

function planCrashed(status: Status, exit: string, nowMs: number): WorkspacePlan {
    const now = new Date(nowMs).toISOString();
    const noted = status.conditions.find((condition) => condition.type === BACKEND && condition.status === 'False');
    const restarts = noted === undefined ? status.restarts + 1 : status.restarts;
    const sinceMs = noted === undefined ? nowMs : Date.parse(noted.lastTransitionAt);
    const pauseMs = Math.min(CRASH_PAUSE_MAXIMUM_MS, CRASH_PAUSE_FIRST_MS * 2 ** (restarts - 1));
    const remainingMs = sinceMs + pauseMs - nowMs;
    const message = `The IDE's server ended (${exit}) and is started again. What was saved is there.`.slice(0, 1024);
    const next: Status = {
        ...status,
        restarts,
        state: restarts >= CRASHES_UNTIL_ATTENTION ? 'needs-attention' : 'preparing',
        reason: message,
        reasonCode: 'backend-crashed',
        conditions: [
            ...status.conditions.filter((condition) => condition.type !== BACKEND),
            noted ?? {
                type: BACKEND,
                status: 'False',
                reason: 'Crashed',
                message,
                lastTransitionAt: now,
                observedGeneration: status.observedGeneration,
            },
        ],
    };
    if (remainingMs > 0) {
        return { status: next, actions: [], requeueAfterMs: remainingMs };
    }
    const { bootId: _bootId, ...rest } = next;
    return {
        status: {
            ...rest,
            claim: { ...next.claim!, generation: next.claim!.generation + 1, launch: 'resumed' },
            conditions: next.conditions.filter((condition) => condition.type !== BACKEND),
        },
        actions: [{ type: 'start' }],
    };
}

function planStarted(facts: WorkspaceFacts, status: Status, boot: Boot): WorkspacePlan {
    const { control, workspace, nowMs } = facts;
    const now = new Date(nowMs).toISOString();
    const claim = status.claim!;
    if (control === undefined || control.bootId !== boot.bootId || !control.connected) {
        // While a running workspace's control socket is away, the IDE goes on: the gateway does not need it.
        const state =
            status.state === 'running' || status.state === 'needs-attention' || status.state === 'failed' ? status.state : 'preparing';
        return { status: { ...status, state, ...kept(workspace.status, state) }, actions: [{ type: 'connect', boot }] };
    }
    if (control.refusal !== undefined) {
        return {
            status: { ...status, state: 'needs-attention', reason: control.refusal.reason, reasonCode: control.refusal.code },
            actions: [],
        };
    }
    if (control.activatedGeneration !== claim.generation) {
        return {
            status: { ...status, state: status.state === 'running' ? 'running' : 'preparing' },
            actions: [{ type: 'activate', generation: claim.generation, bootId: boot.bootId }],
        };
    }
    if (status.prepared) {
        return { status: { ...status, state: 'running', stages: withReady(status.stages, now) }, actions: [] };
    }
    return planPreparation(facts, status, now);
}

function planPreparation({ control, workspace }: WorkspaceFacts, status: Status, now: string): WorkspacePlan {
    const attempt = workspace.spec.prepareAttempt ?? 0;
    if (status.failedPrepareAttempt === attempt) {
        return { status: { ...status, state: 'failed', ...kept(workspace.status, 'failed') }, actions: [] };
    }
    const preparation = control!.preparation;
    if (preparation?.attempt !== attempt) {
        const stage = workspace.spec.source === undefined ? 'preparing' : 'cloning';
        return {
            status: { ...status, state: 'preparing', stages: enterStage(status.stages, stage, now) },
            actions: [{ type: 'prepare', attempt }],
        };
    }
    if (preparation.outcome === undefined) {
        const stages = control!.progress
            ? noteProgress(enterStage(status.stages, control!.progress.stage, now), control!.progress)
            : status.stages;
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
