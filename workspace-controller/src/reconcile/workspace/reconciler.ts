import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { CLEANUP_FINALIZER, INSTALL_NAMESPACE, POOL_LABEL, TEAM_NAMESPACE_PREFIX, type Quota, type Workspace } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { admit, type Admission } from '../../domain/admission.ts';
import type { Boot } from '../../runtime/workspace-runtime.ts';
import type { PlaneContext } from '../plane-context.ts';
import type { WorkResult } from '../runtime/work-queue.ts';
import { planWorkspace, type Action, type WorkspaceFacts } from './plan.ts';

const NO_QUOTA: Quota = {};
const STOP_GRACE_MS = 10_000;
const DEFAULT_MEMORY_MIB = 4096;

/** Whether a workspace takes a place under its quotas. */
const holdsPlace = (workspace: Workspace): boolean =>
    workspace.status.claim !== undefined &&
    workspace.status.state !== 'hibernated' &&
    workspace.status.state !== 'queued' &&
    workspace.metadata.labels[POOL_LABEL] === undefined;

/** Brings what is to what is wanted, one workspace at a time: observe, plan, write the status, act. */
export class WorkspaceReconciler {
    private readonly context: PlaneContext;
    /** Uids that were let in and whose status does not say so yet. */
    private readonly letIn = new Set<string>();

    constructor(context: PlaneContext) {
        this.context = context;
    }

    /** Whether this workspace may run now; if so, its place is taken at once. */
    admission(workspace: Workspace): Admission {
        const { informer } = this.context;
        const namespace = workspace.metadata.namespace;
        const peers = informer
            .all('Workspace')
            .filter((candidate) => candidate.metadata.namespace === namespace && candidate.metadata.labels[POOL_LABEL] === undefined);
        const holding = new Set(peers.filter(holdsPlace).map((candidate) => candidate.metadata.uid));
        this.letIn.forEach((uid) => holding.add(uid));
        const team = informer.get('Team', INSTALL_NAMESPACE, namespace.slice(TEAM_NAMESPACE_PREFIX.length));
        const admission = admit(workspace, peers, holding, team?.spec.quota ?? NO_QUOTA, team?.spec.memberQuota ?? NO_QUOTA);
        if (admission.admitted) {
            this.letIn.add(workspace.metadata.uid);
        }
        return admission;
    }

    async reconcile(namespace: string, name: string): Promise<WorkResult> {
        const { store, runtime, sessions, clock, informer } = this.context;
        // Read from the store, not from the cache: a decision on a stale object would only be refused by the write.
        const workspace = await store.get('Workspace', namespace, name);
        if (workspace === undefined) {
            return undefined;
        }
        const { uid } = workspace.metadata;
        const state = sessions.get(uid);
        const wantsPlace =
            workspace.spec.operatingMode === 'Running' &&
            workspace.metadata.deletedAt === undefined &&
            workspace.metadata.labels[POOL_LABEL] === undefined;
        if (!wantsPlace) {
            this.letIn.delete(uid);
        }
        const facts: WorkspaceFacts = {
            workspace,
            instance: await runtime.observe(uid),
            control: state && { ...state, connected: state.session.connected, bootId: state.session.boot.bootId },
            admission: wantsPlace ? this.admission(workspace) : { admitted: true },
            nowMs: clock.now(),
            newClaimUid: randomUUID(),
        };
        const plan = planWorkspace(facts);
        let current = workspace;
        if (!isDeepStrictEqual(plan.status, workspace.status)) {
            current = await store.updateStatus<'Workspace'>({ ...workspace, status: plan.status });
            informer.apply(current);
            this.letIn.delete(uid);
        }
        this.publish(current, facts);
        for (const action of plan.actions) {
            await this.act(action, current);
        }
        return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
    }

    /** Tells the directory where the workspace answers, as soon as it may be used. */
    private publish(workspace: Workspace, facts: WorkspaceFacts): void {
        const usable =
            workspace.status.state === 'running' ||
            // With its preparation failed the IDE is still the best place to see why and to mend it.
            (workspace.status.state === 'failed' && facts.control?.activatedGeneration === workspace.status.claim?.generation);
        const boot: Boot | undefined = facts.instance.phase === 'started' ? facts.instance.boot : undefined;
        const claimed = workspace.metadata.labels[POOL_LABEL] === undefined;
        this.context.directory.setEndpoint(workspace.metadata.uid, claimed && usable ? boot?.endpoint : undefined);
    }

    private async act(action: Action, workspace: Workspace): Promise<void> {
        const { runtime, sessions, store, logger } = this.context;
        const { uid, name, namespace } = workspace.metadata;
        switch (action.type) {
            case 'start':
                await runtime.start({ uid, name, memoryMiB: this.template(workspace)?.spec.memoryMiB ?? DEFAULT_MEMORY_MIB });
                return;
            case 'stop':
                sessions.send(uid, { type: 'stop', id: randomUUID(), reason: action.reason.slice(0, 256), deadlineMs: STOP_GRACE_MS });
                await runtime.stop(uid, { graceMs: STOP_GRACE_MS });
                sessions.drop(uid);
                this.context.requeue(namespace, name);
                return;
            case 'destroy':
                sessions.drop(uid);
                this.context.directory.setEndpoint(uid, undefined);
                await runtime.destroy(uid);
                return;
            case 'connect':
                sessions.ensure(uid, action.boot);
                return;
            case 'activate':
                sessions.send(uid, this.activation(workspace, action.generation, action.bootId));
                return;
            case 'prepare':
                this.prepare(workspace, action.attempt);
                return;
            case 'remove-finalizer': {
                const finalizers = workspace.metadata.finalizers.filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
                await store.update<'Workspace'>({ ...workspace, metadata: { ...workspace.metadata, finalizers } });
                return;
            }
            case 'delete-object':
                logger.warn({ uid, name }, 'a pool member is of no use and is replaced');
                await store.delete({ kind: 'Workspace', namespace, name }, { uid, resourceVersion: workspace.metadata.resourceVersion });
                return;
        }
    }

    private template(workspace: Workspace) {
        return this.context.informer.get('WorkspaceTemplate', INSTALL_NAMESPACE, workspace.spec.templateRef);
    }

    private activation(workspace: Workspace, generation: number, bootId: string) {
        const owner = this.context.informer.get('User', INSTALL_NAMESPACE, workspace.spec.owner);
        if (owner === undefined) {
            throw new AppError('not-found', `The owner "${workspace.spec.owner}" of ${workspace.metadata.name} does not exist.`);
        }
        const template = this.template(workspace);
        const { name, uid, namespace } = workspace.metadata;
        return {
            type: 'activate' as const,
            id: randomUUID(),
            claimUid: workspace.status.claim!.uid,
            generation,
            bootId,
            workspace: {
                name,
                uid,
                namespace,
                displayName: workspace.spec.displayName,
                templateName: template?.spec.displayName ?? workspace.spec.templateRef,
            },
            owner: { name: owner.metadata.name, displayName: owner.spec.displayName, email: owner.spec.email },
            git: owner.spec.git ?? { name: owner.spec.displayName, email: owner.spec.email },
            environment: template?.spec.environment ?? {},
            portalUrl: this.context.portalUrl,
        };
    }

    private prepare(workspace: Workspace, attempt: number): void {
        const { sessions, informer } = this.context;
        const state = sessions.get(workspace.metadata.uid);
        const template = this.template(workspace);
        const owner = informer.get('User', INSTALL_NAMESPACE, workspace.spec.owner);
        const source = workspace.spec.source ?? template?.spec.source;
        const sent = sessions.send(workspace.metadata.uid, {
            type: 'prepare',
            id: randomUUID(),
            ...(source === undefined ? {} : { source }),
            ...(owner?.spec.dotfiles === undefined ? {} : { dotfiles: owner.spec.dotfiles }),
            ...(template?.spec.prepareCommand === undefined ? {} : { prepareCommand: template.spec.prepareCommand }),
        });
        if (sent && state) {
            state.preparation = { attempt };
            state.progress = undefined;
        }
    }
}
