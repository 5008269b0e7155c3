import { COLLAB_PATH, type Kind, type Workspace, type WorkspaceMessage, type WorkspacePool } from '@tandem/protocol';
import { AppError, type Clock, type Logger } from '@tandem/server-kit';
import type { AuditSink } from '../audit/audit-sink.ts';
import type { ControlTokenMinter, CredentialProvider, PeerTokenMinter, WorkspaceDirectory } from '../events.ts';
import type { WorkspaceRuntime } from '../runtime/workspace-runtime.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { ControlSessions } from './control/control-sessions.ts';
import { createWorkspace, type CreateRequest } from './create-workspace.ts';
import { lastUsed } from '../domain/last-used.ts';
import { createFirstObjects } from './first-objects.ts';
import { reconcileGrant } from './grant/grant-reconciler.ts';
import { IdleWatch } from './idle-watch.ts';
import { OrphanSweep } from './orphan-sweep.ts';
import type { PlaneContext } from './plane-context.ts';
import { PoolReconciler } from './pool/pool-reconciler.ts';
import { Informer } from '../store/informer.ts';
import { WorkQueue, type WorkResult } from './runtime/work-queue.ts';
import { reconcileTeam } from './team/team-reconciler.ts';
import { MemoryDirectory } from './workspace-directory.ts';
import { templateOf } from './workspace/messages.ts';
import { Places } from './workspace/places.ts';
import { WorkspaceReconciler } from './workspace/reconciler.ts';

export interface ControlPlaneOptions {
    store: ResourceStore;
    runtime: WorkspaceRuntime;
    mintControlToken: ControlTokenMinter;
    /** Absent: no collaboration server, workspaces share among their own pages only. */
    mintPeerToken?: PeerTokenMinter;
    credentials: CredentialProvider;
    audit: Pick<AuditSink, 'append'>;
    clock: Clock;
    logger: Logger;
    portalUrl: string;
    /** Host keys that the administrator trusts, as lines of a `known_hosts` file. */
    sshKnownHosts?: string | undefined;
    /** Members of the first team's pool, on the very first start. */
    poolSize: number;
    random?: () => number;
}

export interface ControlPlane {
    directory: WorkspaceDirectory;
    createWorkspace(request: CreateRequest): Promise<Workspace>;
    /** Resumes the workspace this person used last, when it was not long ago: they have just signed in. */
    wakeLastUsed(owner: string): void;
    start(): Promise<void>;
    /** Stops deciding; workspaces go on. */
    stop(): Promise<void>;
}

const KINDS: readonly Kind[] = ['Workspace', 'WorkspacePool', 'WorkspaceTemplate', 'Team', 'User', 'AccessGrant'];
/** Most of the work is waiting: for a disk, a process, a workspace that saves before it ends. */
const CONCURRENCY = 32;
const MINUTE_MS = 60_000;
const UPDATE_ATTEMPTS = 5;

/** What only waits in line itself makes no room for others. */
const mayFreePlace = ({ spec, status, metadata }: Workspace): boolean =>
    status.state !== 'queued' || spec.operatingMode !== 'Running' || metadata.deletedAt !== undefined;

/** The reconcilers of all kinds over one store and one runtime. */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
    const { store, runtime, clock, logger } = options;
    const informer = new Informer(store, KINDS, clock, logger);
    const sessions = new ControlSessions({
        mintToken: options.mintControlToken,
        clock,
        logger,
        onChange: (uid) => requeueUid(uid),
        onMessage: (uid, message) => void answer(uid, message),
    });
    const directory = new MemoryDirectory({
        informer,
        clock,
        send: (uid, message) => sessions.send(uid, message),
        wake: (workspace) => changeSpec(workspace, (spec) => ({ ...spec, operatingMode: 'Running' })),
    });
    const context: PlaneContext = {
        store,
        runtime,
        informer,
        sessions,
        directory,
        audit: options.audit,
        clock,
        logger,
        portalUrl: options.portalUrl,
        sshKnownHosts: options.sshKnownHosts,
        random: options.random ?? Math.random,
        requeue: (namespace, name) => queue.add(`Workspace/${namespace}/${name}`),
        memberFailed: (namespace, pool) => pools.noteFailure(namespace, pool),
    };
    const places = new Places(context);
    const workspaces = new WorkspaceReconciler(context, places);
    const pools = new PoolReconciler(context);
    const idle = new IdleWatch(context);
    const orphans = new OrphanSweep(context);
    const queue = new WorkQueue({
        clock,
        concurrency: CONCURRENCY,
        work: (key) => reconcile(key),
        onError: (key, error, attempt) => {
            // Two writers at once are everyday; the second looks again.
            const level = error instanceof AppError && error.code === 'conflict' ? 'debug' : 'error';
            logger[level]({ key, err: error, attempt }, 'reconciling failed, it is tried again');
        },
    });

    async function reconcile(key: string): Promise<WorkResult> {
        const [kind, namespace, name] = key.split('/') as [Kind, string, string];
        switch (kind) {
            case 'Workspace':
                return workspaces.reconcile(namespace, name);
            case 'WorkspacePool':
                return pools.reconcile(namespace, name);
            case 'AccessGrant':
                return reconcileGrant(context, namespace, name);
            case 'Team':
                await reconcileTeam(context, name);
                return undefined;
            default:
                return undefined;
        }
    }

    const poolsOf = (namespace: string): WorkspacePool[] =>
        informer.all('WorkspacePool').filter((pool) => pool.metadata.namespace === namespace);
    const requeuePool = ({ metadata }: WorkspacePool): void => queue.add(`WorkspacePool/${metadata.namespace}/${metadata.name}`);

    function requeueUid(uid: string): void {
        const workspace = informer.all('Workspace').find((candidate) => candidate.metadata.uid === uid);
        if (workspace) {
            context.requeue(workspace.metadata.namespace, workspace.metadata.name);
        }
    }

    function requeueWhere(predicate: (workspace: Workspace) => boolean): void {
        informer
            .all('Workspace')
            .filter(predicate)
            .forEach((workspace) => context.requeue(workspace.metadata.namespace, workspace.metadata.name));
    }

    informer.onDidChange(({ kind, object }) => {
        const { namespace, name } = object.metadata;
        queue.add(`${kind}/${namespace}/${name}`);
        if (kind === 'Workspace') {
            poolsOf(namespace).forEach(requeuePool);
            if (mayFreePlace(object as Workspace)) {
                requeueWhere(
                    ({ metadata, status }) => metadata.namespace === namespace && status.state === 'queued' && metadata.name !== name,
                );
            }
        } else if (kind === 'WorkspaceTemplate') {
            informer
                .all('WorkspacePool')
                .filter((pool) => pool.spec.templateRef === name)
                .forEach(requeuePool);
        } else if (kind === 'Team') {
            requeueWhere((candidate) => candidate.status.state === 'queued');
        }
    });
    runtime.onDidChange((uid) => requeueUid(uid));

    async function changeSpec(workspace: Workspace, change: (spec: Workspace['spec']) => Workspace['spec']): Promise<void> {
        const { namespace, name } = workspace.metadata;
        for (let attempt = 1; ; attempt++) {
            const current = await store.get('Workspace', namespace, name);
            if (current === undefined) {
                throw new AppError('not-found', `There is no workspace "${name}".`);
            }
            try {
                informer.apply(await store.update<'Workspace'>({ ...current, spec: change(current.spec) }));
                return;
            } catch (error) {
                if (!(error instanceof AppError && error.code === 'conflict') || attempt === UPDATE_ATTEMPTS) {
                    throw error;
                }
            }
        }
    }

    async function answer(uid: string, message: WorkspaceMessage): Promise<void> {
        const workspace = directory.byUid(uid)?.workspace;
        if (workspace === undefined) {
            return;
        }
        try {
            if (message.type === 'keep-awake') {
                const ceiling = templateOf(context, workspace)?.spec.keepAwakeCeilingMinutes ?? message.minutes;
                const minutes = Math.min(message.minutes, ceiling);
                const keepAwakeUntil = new Date(clock.now() + minutes * MINUTE_MS).toISOString();
                await changeSpec(workspace, (spec) => ({ ...spec, keepAwakeUntil }));
            } else if (message.type === 'credential-request') {
                const result = await options.credentials.git(workspace.spec.owner, message);
                sessions.send(uid, { type: 'credential', id: message.id, ...result });
            } else if (message.type === 'ssh-key-request') {
                sessions.send(uid, { type: 'ssh-key', id: message.id, ...(await options.credentials.sshKey(workspace.spec.owner)) });
            } else if (message.type === 'ssh-sign-request') {
                const result = await options.credentials.sshSign(workspace.spec.owner, message);
                sessions.send(uid, { type: 'ssh-signature', id: message.id, ...result });
            } else if (message.type === 'collab-token-request' && options.mintPeerToken !== undefined) {
                const token = await options.mintPeerToken({ uid, name: workspace.metadata.name });
                const url = `${options.portalUrl.replace(/^http/, 'ws')}${COLLAB_PATH}`;
                sessions.send(uid, { type: 'collab-token', id: message.id, url, token });
            }
        } catch (error) {
            logger.error({ err: error, uid, message: message.type }, 'a request of a workspace failed');
        }
    }

    return {
        directory,
        async createWorkspace(request) {
            const workspace = await createWorkspace(context, places, request);
            const { namespace } = workspace.metadata;
            poolsOf(namespace).forEach((pool) => pools.noteClaim(namespace, pool.metadata.name));
            return workspace;
        },
        wakeLastUsed(owner) {
            const last = lastUsed(informer.all('Workspace'), owner, clock.now());
            if (last?.spec.operatingMode === 'Hibernated') {
                changeSpec(last, (spec) => ({ ...spec, operatingMode: 'Running' })).catch((error: unknown) =>
                    logger.warn({ err: error, uid: last.metadata.uid }, 'a workspace could not be resumed at sign-in'),
                );
            }
        },
        async start() {
            await createFirstObjects(store, options.poolSize);
            await informer.start();
            idle.start();
            orphans.start();
        },
        async stop() {
            idle.stop();
            orphans.stop();
            informer.stop();
            await queue.stop();
            sessions.close();
        },
    };
}
