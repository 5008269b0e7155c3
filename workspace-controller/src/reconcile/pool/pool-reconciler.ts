import { isDeepStrictEqual } from 'node:util';
import { INSTALL_NAMESPACE, POOL_LABEL, POOL_OWNER, type Workspace, type WorkspacePool } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { BLUEPRINT, blueprintOf } from '../../domain/blueprint.ts';
import { nameForPoolMember } from '../../domain/workspace-names.ts';
import { newWorkspace } from '../../resources/new-workspace.ts';
import type { PlaneContext } from '../plane-context.ts';
import { backoffDelayMs } from '../runtime/backoff.ts';
import type { WorkResult } from '../runtime/work-queue.ts';
import { planPool } from './plan-pool.ts';

/** After a claim the person's own work comes first … */
const REFILL_DELAY_MS = 800;
/** … but a stream of claims does not keep the pool empty. */
const LONGEST_REFILL_DELAY_MS = 2_000;
const FAILURE_PAUSE = { firstMs: 1_000, maximumMs: 60_000 };

/** What is remembered of a pool while this controller runs. */
interface Memory {
    lastClaimAtMs: number;
    /** Since when refilling is put off. */
    heldSinceMs: number | undefined;
    failures: number;
    notBeforeMs: number;
    ready: number;
}

/** Keeps each pool at its size. */
export class PoolReconciler {
    private readonly context: PlaneContext;
    private readonly memories = new Map<string, Memory>();

    constructor(context: PlaneContext) {
        this.context = context;
    }

    /** A member of this pool has become somebody's. */
    noteClaim(namespace: string, pool: string): void {
        this.memory(namespace, pool).lastClaimAtMs = this.context.clock.now();
    }

    /** A member of this pool ended before it could be claimed: the next ones are started after a growing pause. */
    noteFailure(namespace: string, pool: string): void {
        const memory = this.memory(namespace, pool);
        memory.failures++;
        memory.notBeforeMs = this.context.clock.now() + backoffDelayMs(FAILURE_PAUSE, memory.failures, this.context.random());
    }

    async reconcile(namespace: string, name: string): Promise<WorkResult> {
        const { store, informer, clock } = this.context;
        const pool = await store.get('WorkspacePool', namespace, name);
        const members = informer
            .all('Workspace')
            .filter((candidate) => candidate.metadata.namespace === namespace && candidate.metadata.labels[POOL_LABEL] === name);
        if (pool === undefined || pool.metadata.deletedAt !== undefined) {
            await this.remove(members);
            return undefined;
        }
        const memory = this.memory(namespace, name);
        const template = informer.get('WorkspaceTemplate', INSTALL_NAMESPACE, pool.spec.templateRef);
        const plan = planPool({ pool, template, members, failures: memory.failures, nowMs: clock.now() });
        if (plan.status.ready > memory.ready) {
            memory.failures = 0;
        }
        memory.ready = plan.status.ready;
        if (!isDeepStrictEqual(plan.status, pool.status)) {
            await store.updateStatus<'WorkspacePool'>({ ...pool, status: plan.status });
        }
        await this.remove(plan.remove);
        const putOffMs = plan.create === 0 ? 0 : this.putOffMs(memory);
        if (putOffMs > 0) {
            return { requeueAfterMs: putOffMs };
        }
        for (let index = 0; index < plan.create; index++) {
            await this.add(pool, blueprintOf(template?.spec));
        }
        return undefined;
    }

    /** How long to wait before the next member is started. */
    private putOffMs(memory: Memory): number {
        const nowMs = this.context.clock.now();
        const afterClaimMs = memory.lastClaimAtMs + REFILL_DELAY_MS - nowMs;
        if (afterClaimMs > 0) {
            memory.heldSinceMs ??= nowMs;
        }
        const heldMs = memory.heldSinceMs === undefined ? 0 : nowMs - memory.heldSinceMs;
        const putOffMs = Math.max(heldMs >= LONGEST_REFILL_DELAY_MS ? 0 : afterClaimMs, memory.notBeforeMs - nowMs);
        if (putOffMs <= 0) {
            memory.heldSinceMs = undefined;
        }
        return putOffMs;
    }

    private async add({ metadata, spec }: WorkspacePool, blueprint: string): Promise<void> {
        const { store, informer, random } = this.context;
        const member = newWorkspace({
            namespace: metadata.namespace,
            name: nameForPoolMember(random),
            spec: { owner: POOL_OWNER, displayName: 'Waiting', templateRef: spec.templateRef, operatingMode: 'Running' },
            labels: { [POOL_LABEL]: metadata.name },
            annotations: { [BLUEPRINT]: blueprint },
        });
        // Known at once, so that the next look at the pool does not make it again.
        informer.apply(await store.create(member));
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

    private memory(namespace: string, pool: string): Memory {
        const key = `${namespace}/${pool}`;
        const memory = this.memories.get(key) ?? { lastClaimAtMs: 0, heldSinceMs: undefined, failures: 0, notBeforeMs: 0, ready: 0 };
        this.memories.set(key, memory);
        return memory;
    }
}
