import type { Condition, Workspace, WorkspacePool, WorkspaceTemplate } from '@tandem/protocol';
import { BLUEPRINT, blueprintOf } from '../../domain/blueprint.ts';
import { isWaiting } from '../workspace/plan.ts';

/** So many members of one pool start at the same time: more would only slow each other, and the people who work. */
const STARTING_AT_ONCE = 2;
const FAILURES_UNTIL_SAID = 3;
const FILLED = 'Filled';

export interface PoolFacts {
    pool: WorkspacePool;
    template: WorkspaceTemplate | undefined;
    members: readonly Workspace[];
    /** Members in a row that ended before they could be claimed. */
    failures: number;
    nowMs: number;
}

export interface PoolPlan {
    create: number;
    /** Members to delete, those that are not ready first. */
    remove: Workspace[];
    status: WorkspacePool['status'];
}

/** Decides how many members to start or to end. */
export function planPool({ pool, template, members, failures, nowMs }: PoolFacts): PoolPlan {
    // A member that needs an admin's attention holds somebody's files: it is not ours to delete.
    const living = members.filter(({ metadata, status }) => metadata.deletedAt === undefined && status.state !== 'needs-attention');
    const fits = (member: Workspace): boolean =>
        member.spec.templateRef === pool.spec.templateRef && member.metadata.annotations[BLUEPRINT] === blueprintOf(template?.spec);
    const usable = template === undefined ? [] : living.filter(fits);
    const ready = usable.filter(isWaiting);
    const starting = usable.filter((member) => !isWaiting(member));
    const surplus = Math.max(0, usable.length - pool.spec.size);
    const missing = template === undefined ? 0 : Math.max(0, pool.spec.size - usable.length);
    const condition: Condition = {
        type: FILLED,
        ...stateOf(pool, template, ready.length, failures),
        lastTransitionAt: new Date(nowMs).toISOString(),
        observedGeneration: pool.metadata.generation,
    };
    const before = pool.status.conditions.find(({ type }) => type === FILLED);
    const lastTransitionAt = before?.reason === condition.reason ? before.lastTransitionAt : condition.lastTransitionAt;
    return {
        create: Math.max(0, Math.min(missing, STARTING_AT_ONCE - starting.length)),
        remove: [...living.filter((member) => !usable.includes(member)), ...[...starting, ...ready].slice(0, surplus)],
        status: {
            observedGeneration: pool.metadata.generation,
            ready: ready.length,
            starting: starting.length,
            conditions: [{ ...condition, lastTransitionAt }],
        },
    };
}

function stateOf(
    { spec }: WorkspacePool,
    template: WorkspaceTemplate | undefined,
    ready: number,
    failures: number,
): Pick<Condition, 'status' | 'reason' | 'message'> {
    if (template === undefined) {
        const message = `There is no template "${spec.templateRef}". Give the pool another template.`;
        return { status: 'False', reason: 'NoTemplate', message };
    }
    if (ready >= spec.size) {
        return { status: 'True', reason: 'Filled', message: 'All members wait to be claimed.' };
    }
    return failures >= FAILURES_UNTIL_SAID
        ? {
              status: 'False',
              reason: 'MembersFail',
              message: "Members end before they can be claimed. They are tried again, with pauses; the platform's log says why.",
          }
        : { status: 'False', reason: 'Starting', message: 'Members are being started.' };
}
