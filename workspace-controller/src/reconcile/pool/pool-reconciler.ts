import { isDeepStrictEqual } from 'node:util';
import { POOL_LABEL, POOL_OWNER, type Workspace, type WorkspacePool } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { nameForPoolMember } from '../../domain/workspace-names.ts';
import { newWorkspace } from '../create-workspace.ts';
import type { PlaneContext } from '../plane-context.ts';
import type { WorkResult } from '../runtime/work-queue.ts';
import { isWaiting } from '../workspace/plan.ts';

/** So many members of one pool start at the same time: more would only slow each other, and the people who work. */
const STARTING_AT_ONCE = 2;
/** After a claim the person's own work comes first. */
const REFILL_DELAY_MS = 300;

export interface PoolPlan {
    create: number;
    /** Members to delete, those that are not ready first. */
    remove: Workspace[];
    ready: number;
    starting: number;
}

/** Decides how many members to start or to end. */
export function planPool(pool: WorkspacePool, members: readonly Workspace[]): PoolPlan {
    const living = members.filter((member) => member.metadata.deletedAt === undefined);
    const stale = living.filter((member) => member.spec.templateRef !== pool.spec.templateRef);
    const usable = living.filter((member) => member.spec.templateRef === pool.spec.templateRef);
    const ready = usable.filter(isWaiting);
    const starting = usable.filter((member) => !isWaiting(member));
    const surplus = Math.max(0, usable.length - pool.spec.size);
    const missing = Math.max(0, pool.spec.size - usable.length);
    return {
        create: Math.max(0, Math.min(missing, STARTING_AT_ONCE - starting.length)),
        remove: [...stale, ...[...starting, ...ready].slice(0, surplus)],
        ready: ready.length,
        starting: starting.length,
    };
}

/** Keeps each pool at its size. */
export class PoolReconciler {
    private readonly context: PlaneContext;
    private readonly lastClaimAtMs = new Map<string, number>();

    constructor(context: PlaneContext) {
        this.context = context;
    }

    noteClaim(namespace: string): void {
        this.lastClaimAtMs.set(namespace, this.context.clock.now());
    }

    async reconcile(namespace: string, name: string): Promise<WorkResult> {
        const { store, informer, clock, random } = this.context;
        const pool = await store.get('WorkspacePool', namespace, name);
        const members = informer
            .all('Workspace')
            .filter((candidate) => candidate.metadata.namespace === namespace && candidate.metadata.labels[POOL_LABEL] === name);
        if (pool === undefined || pool.metadata.deletedAt !== undefined) {
            await this.remove(members);
            return undefined;
        }
        const plan = planPool(pool, members);
        const sinceClaimMs = clock.now() - (this.lastClaimAtMs.get(namespace) ?? 0);
        const holdBack = plan.create > 0 && sinceClaimMs < REFILL_DELAY_MS;
        const status = { ...pool.status, observedGeneration: pool.metadata.generation, ready: plan.ready, starting: plan.starting };
        if (!isDeepStrictEqual(status, pool.status)) {
            await store.updateStatus<'WorkspacePool'>({ ...pool, status });
        }
        await this.remove(plan.remove);
        if (holdBack) {
            return { requeueAfterMs: REFILL_DELAY_MS - sinceClaimMs + 1 };
        }
        for (let index = 0; index < plan.create; index++) {
            const member = newWorkspace(
                namespace,
                nameForPoolMember(random),
                { owner: POOL_OWNER, displayName: 'Waiting', templateRef: pool.spec.templateRef, operatingMode: 'Running' },
                { [POOL_LABEL]: name },
            );
            // Known at once, so that the next look at the pool does not make it again.
            informer.apply(await store.create(member));
        }
        return undefined;
    }

    private async remove(members: readonly Workspace[]): Promise<void> {
        for (const { metadata } of members) {
            try {
                await this.context.store.delete(
                    { kind: 'Workspace', namespace: metadata.namespace, name: metadata.name },
                    // Claimed meanwhile: then it is somebody's, and stays.
                    { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
                );
            } catch (error) {
                if (!(error instanceof AppError && error.code === 'conflict')) {
                    throw error;
                }
            }
        }
    }
}
