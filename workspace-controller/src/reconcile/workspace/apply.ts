import { randomUUID } from 'node:crypto';
import { CLEANUP_FINALIZER, POOL_LABEL, POOL_OWNER, type Workspace } from '@tandem/protocol';
import type { PlaneContext } from '../plane-context.ts';
import { newsOfRestart } from './crashes.ts';
import { activation, preparation, templateOf } from './messages.ts';
import type { Action } from './plan.ts';

/** For saving and ending by itself, and the same once more for a signal. */
const STOP_GRACE_MS = 10_000;
const DEFAULT_MEMORY_MIB = 4096;

/** Carries one action out. Each can be repeated without harm. */
export async function applyAction(context: PlaneContext, action: Action, workspace: Workspace): Promise<void> {
    const { runtime, sessions, store, directory, logger } = context;
    const { uid, name, namespace } = workspace.metadata;
    switch (action.type) {
        case 'start':
            await runtime.start({
                uid,
                name,
                memoryMiB: templateOf(context, workspace)?.spec.memoryMiB ?? DEFAULT_MEMORY_MIB,
                background: workspace.spec.owner === POOL_OWNER,
            });
            return;
        case 'stop':
            await stop(context, uid, action.reason);
            context.requeue(namespace, name);
            return;
        case 'destroy':
            sessions.drop(uid);
            directory.setEndpoint(uid, undefined);
            await runtime.destroy(uid);
            return;
        case 'connect':
            sessions.ensure(uid, action.boot);
            return;
        case 'activate':
            activate(context, workspace, action.generation, action.bootId);
            return;
        case 'prepare':
            prepare(context, workspace, action.attempt);
            return;
        case 'remove-finalizer': {
            const finalizers = workspace.metadata.finalizers.filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
            await store.update<'Workspace'>({ ...workspace, metadata: { ...workspace.metadata, finalizers } });
            return;
        }
        case 'delete-object':
            logger.warn({ uid, name }, 'a pool member is of no use and is replaced');
            context.memberFailed(namespace, workspace.metadata.labels[POOL_LABEL]!);
            await store.delete({ kind: 'Workspace', namespace, name }, { uid, resourceVersion: workspace.metadata.resourceVersion });
            return;
    }
}

/** Asks the workspace to save and end by itself; what is left after that is ended by the runtime. */
async function stop({ runtime, sessions, clock }: PlaneContext, uid: string, reason: string): Promise<void> {
    const asked = sessions.send(uid, { type: 'stop', id: randomUUID(), reason: reason.slice(0, 256), deadlineMs: STOP_GRACE_MS });
    if (asked) {
        await new Promise<void>((resolve, reject) => {
            const timer = clock.setTimeout(() => end(resolve), STOP_GRACE_MS);
            const look = (): void => {
                runtime.observe(uid).then(
                    ({ phase }) => phase !== 'started' && end(resolve),
                    (error: unknown) => end(() => reject(error)),
                );
            };
            const listening = runtime.onDidChange((changed) => changed === uid && look());
            const end = (settle: () => void): void => {
                timer.cancel();
                listening.dispose();
                settle();
            };
            look();
        });
    }
    await runtime.stop(uid, { graceMs: STOP_GRACE_MS });
    sessions.drop(uid);
}

function activate(context: PlaneContext, workspace: Workspace, generation: number, bootId: string): void {
    const { sessions, clock } = context;
    const { uid } = workspace.metadata;
    const state = sessions.get(uid);
    context.runtime.bringForward(uid);
    if (state && sessions.send(uid, activation(context, workspace, generation, bootId))) {
        const atMs = clock.now();
        const before = state.activationAsked;
        state.activationAsked = { generation, atMs, sinceMs: before?.generation === generation ? before.sinceMs : atMs };
        state.refusal = undefined;
        state.news ??= newsOfRestart(workspace.status, atMs);
    }
}

function prepare(context: PlaneContext, workspace: Workspace, attempt: number): void {
    const { sessions } = context;
    const state = sessions.get(workspace.metadata.uid);
    if (state && sessions.send(workspace.metadata.uid, preparation(context, workspace))) {
        state.preparation = { attempt };
        state.progress = undefined;
    }
}
