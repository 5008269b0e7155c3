import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { ControlState } from '../control/control-sessions.ts';
import type { PlaneContext } from '../plane-context.ts';
import type { WorkResult } from '../runtime/work-queue.ts';
import { applyAction } from './apply.ts';
import type { Places } from './places.ts';
import { planWorkspace, type Action, type ControlFacts, type WorkspaceFacts } from './plan.ts';

/** Brings what is to what is wanted, one workspace at a time: observe, plan, write the status, act. */
export class WorkspaceReconciler {
    private readonly context: PlaneContext;
    private readonly places: Places;

    constructor(context: PlaneContext, places: Places) {
        this.context = context;
        this.places = places;
    }

    async reconcile(namespace: string, name: string): Promise<WorkResult> {
        const { store, informer } = this.context;
        // Read from the store, not from the cache: a decision on a stale object would only be refused by the write.
        const workspace = await store.get('Workspace', namespace, name);
        if (workspace === undefined) {
            return undefined;
        }
        const facts = await this.observe(workspace);
        const plan = planWorkspace(facts);
        let current = workspace;
        if (!isDeepStrictEqual(plan.status, workspace.status)) {
            current = await store.updateStatus<'Workspace'>({ ...workspace, status: plan.status });
            informer.apply(current);
            this.places.settle(workspace.metadata.uid);
        }
        this.publish(current, facts);
        for (const action of plan.actions) {
            await this.act(action, current);
        }
        return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: Math.max(1, plan.requeueAfterMs) };
    }

    private async observe(workspace: Workspace): Promise<WorkspaceFacts> {
        const { runtime, sessions, clock } = this.context;
        const { uid, deletedAt, labels } = workspace.metadata;
        const wantsPlace = workspace.spec.operatingMode === 'Running' && deletedAt === undefined && labels[POOL_LABEL] === undefined;
        if (!wantsPlace) {
            this.places.settle(uid);
        }
        const instance = await runtime.observe(uid);
        return {
            workspace,
            instance,
            control: controlFacts(sessions.get(uid)),
            admission: wantsPlace ? this.places.ask(workspace) : { admitted: true },
            nowMs: clock.now(),
            newClaimUid: randomUUID(),
        };
    }

    /** Tells the directory where the workspace answers, as soon as it may be used. */
    private publish(workspace: Workspace, facts: WorkspaceFacts): void {
        const { status, metadata } = workspace;
        const usable =
            status.state === 'running' ||
            // With its preparation failed the IDE is still the best place to see why and to mend it.
            (status.state === 'failed' && facts.control?.activatedGeneration === status.claim?.generation);
        const endpoint = facts.instance.phase === 'started' ? facts.instance.boot.endpoint : undefined;
        const claimed = metadata.labels[POOL_LABEL] === undefined;
        this.context.directory.setEndpoint(metadata.uid, claimed && usable ? endpoint : undefined);
    }

    /** @throws what the action threw, after the status says why a start failed: it is tried again */
    private async act(action: Action, workspace: Workspace): Promise<void> {
        try {
            await applyAction(this.context, action, workspace);
        } catch (error) {
            if (action.type === 'start' && workspace.metadata.labels[POOL_LABEL] === undefined) {
                await this.noteFailedStart(workspace, error);
            }
            throw error;
        }
    }

    private async noteFailedStart(workspace: Workspace, error: unknown): Promise<void> {
        const known = error instanceof AppError;
        const status: Workspace['status'] = {
            ...workspace.status,
            state: 'needs-attention',
            reason: known ? error.message : 'It could not be started and is tried again. An admin finds the cause in the log.',
            reasonCode: known ? error.code : 'internal',
        };
        if (!isDeepStrictEqual(status, workspace.status)) {
            this.context.informer.apply(await this.context.store.updateStatus<'Workspace'>({ ...workspace, status }));
        }
    }
}

function controlFacts(state: ControlState | undefined): ControlFacts | undefined {
    if (state === undefined) {
        return undefined;
    }
    const { session, activatedGeneration, activationAsked, refusal, preparation, progress } = state;
    return {
        activatedGeneration,
        activationAsked,
        refusal,
        preparation,
        progress,
        bootId: session.boot.bootId,
        connected: session.connected,
        silentSinceMs: session.disconnectedSinceMs ?? activationAsked?.sinceMs,
        keptClaim: session.hello?.claim,
    };
}
