import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import type { Admission } from '../../domain/admission.ts';
import type { Boot, InstanceState } from '../../runtime/workspace-runtime.ts';
import type { ControlState } from '../control/control-sessions.ts';
import { BACKEND, WAITING } from './conditions.ts';
import { reasonOfHibernation } from './hibernation.ts';
import { planRunning } from './plan-running.ts';
import { endStages } from './stages.ts';

export type Status = Workspace['status'];

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

/** What is known over the control socket of one boot. */
export type ControlFacts = Pick<ControlState, 'activatedGeneration' | 'activationAsked' | 'refusal' | 'preparation' | 'progress'> & {
    bootId: string;
    connected: boolean;
    /** Since when nothing was heard of it: not connected, or its activation not answered. */
    silentSinceMs: number | undefined;
    /** The claim that lies on the volume. */
    keptClaim: { uid: string; generation: number } | undefined;
};

export interface WorkspaceFacts {
    workspace: Workspace;
    instance: InstanceState;
    control: ControlFacts | undefined;
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

/** A member of a pool that is not ready by then is replaced. */
const MEMBER_STUCK_MS = 5 * 60_000;

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
    const status: Status = { ...workspace.status, observedGeneration: workspace.metadata.generation, state: 'preparing' };
    switch (instance.phase) {
        case 'absent':
        case 'stopped':
            // A member that ran and is gone (the machine restarted, say) is replaced, not revived: nothing of it is anyone's.
            return status.bootId === undefined
                ? { status, actions: [{ type: 'start' }] }
                : { status, actions: [{ type: 'delete-object' }] };
        case 'crashed':
            return { status, actions: [{ type: 'delete-object' }] };
        case 'starting': {
            const waitedMs = nowMs - Date.parse(workspace.metadata.createdAt);
            return replaceWhenStuck({ ...status, bootId: instance.boot.bootId }, waitedMs, []);
        }
        case 'started':
            return planStartedMember({ ...status, bootId: instance.boot.bootId }, instance.boot, control, nowMs);
    }
}

function planStartedMember(status: Status, boot: Boot, control: ControlFacts | undefined, nowMs: number): WorkspacePlan {
    if (control === undefined || control.bootId !== boot.bootId) {
        return { status: { ...status, conditions: [] }, actions: [{ type: 'connect', boot }] };
    }
    if (!control.connected) {
        return replaceWhenStuck({ ...status, conditions: [] }, nowMs - (control.silentSinceMs ?? nowMs), [{ type: 'connect', boot }]);
    }
    if (control.keptClaim !== undefined) {
        // The object is older than its files (a copied database, say). They are somebody's: neither given away nor deleted.
        const reason = 'Its files belong to an earlier claim, which this database does not know. An admin decides over them.';
        return { status: { ...status, state: 'needs-attention', reason, reasonCode: 'other-claim', conditions: [] }, actions: [] };
    }
    // Never 'running': a claim keeps the status, and what was just claimed is not ready for its owner yet.
    return { status: { ...status, conditions: [waiting(status, nowMs)] }, actions: [] };
}

const replaceWhenStuck = (status: Status, waitedMs: number, actions: Action[]): WorkspacePlan =>
    waitedMs > MEMBER_STUCK_MS
        ? { status, actions: [{ type: 'delete-object' }] }
        : { status, actions, requeueAfterMs: MEMBER_STUCK_MS - waitedMs + 1 };

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
    const reason = rest.state === 'hibernated' && rest.reason !== undefined ? rest.reason : reasonOfHibernation(workspace);
    const status: Status = {
        ...rest,
        observedGeneration: workspace.metadata.generation,
        state: 'hibernated',
        reason,
        restarts: 0,
        conditions: rest.conditions.filter((condition) => condition.type !== BACKEND),
        stages: endStages(rest.stages, now),
        // Kept until nothing runs any more: its absence is what makes the next start a new generation only once.
        ...(asleep || bootId === undefined ? {} : { bootId }),
    };
    return { status, actions: asleep ? [] : [{ type: 'stop', reason }] };
}
