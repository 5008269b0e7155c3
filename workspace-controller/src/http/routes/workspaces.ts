import { INSTALL_NAMESPACE, OPEN_URL_LIFETIME_MS, type Workspace } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { updateObject } from '../../auth/update-object.ts';
import { Addresses } from '../../gateway/addresses.ts';
import { isAdmin } from '../../domain/permissions.ts';
import type { ApiContext, Handlers } from '../api-context.ts';
import { accessForBrowser, enterUrl, wake } from '../open-workspace.ts';
import { keyOfObject, paginate } from '../paginate.ts';
import { mayOpen, mayOversee } from '../visibility.ts';

const LOG_BYTES = 512 * 1024;

export const workspaceHandlers: Handlers<
    | 'listWorkspaces'
    | 'createWorkspace'
    | 'getWorkspace'
    | 'updateWorkspace'
    | 'deleteWorkspace'
    | 'openWorkspace'
    | 'hibernateWorkspace'
    | 'resumeWorkspace'
    | 'retryWorkspace'
    | 'cancelPreparation'
    | 'keepAwake'
    | 'getWorkspaceLog'
    | 'listPorts'
> = {
    listWorkspaces: async ({ deps, query, authentication, user }) => {
        const { rights } = deps.auth;
        const { caller } = authentication;
        const { version } = rights;
        const leads = rights.teamsOf(user.metadata.name).some(({ role }) => role === 'lead');
        if (query.all === true && !isAdmin(caller) && !leads) {
            throw new AppError('forbidden', 'Only an admin or a lead may list workspaces of others.');
        }
        const visible = rights
            .workspaces()
            .filter((workspace) => mayOpen(rights, caller, workspace) || (query.all === true && mayOversee(rights, caller, workspace)));
        return { ...paginate(visible, keyOfObject, query), version };
    },

    createWorkspace: async ({ deps, params, body, user, audit }) => {
        audit.detail = {
            ...(body.source === undefined ? {} : { repository: withoutPassword(body.source.url), ref: body.source.ref ?? '' }),
            ...(body.template === undefined ? {} : { template: body.template }),
        };
        const workspace = await deps.commands.createWorkspace({ team: params.team, owner: user.metadata.name, body });
        deps.auth.rights.apply(workspace);
        audit.target = targetOf(workspace);
        return workspace;
    },

    getWorkspace: async ({ workspace }) => workspace,

    updateWorkspace: async (context) => {
        const { displayName } = context.body;
        context.audit.detail = displayName === undefined ? {} : { displayName };
        return change(context, (workspace) => {
            workspace.spec.displayName = displayName ?? workspace.spec.displayName;
        });
    },

    deleteWorkspace: async ({ deps, workspace, body, audit }) => {
        audit.target = targetOf(workspace);
        const { namespace, name, uid } = workspace.metadata;
        if (body.confirmName !== name && body.confirmName !== workspace.spec.displayName) {
            throw new AppError('invalid-request', `To delete this workspace and its files, give its name "${name}" as confirmation.`, {
                pointer: '/confirmName',
            });
        }
        await deps.store.delete({ kind: 'Workspace', namespace, name }, { uid });
        const rest = await deps.store.get('Workspace', namespace, name);
        if (rest !== undefined) {
            deps.auth.rights.apply(rest);
        }
    },

    openWorkspace: async ({ deps, workspace, user, authentication, address, userAgent, audit }) => {
        audit.target = targetOf(workspace);
        const access = await accessForBrowser(deps, workspace, user, authentication, { address, userAgent });
        await wake(deps, workspace);
        const code = await deps.auth.registry.mintCode(access, { lifetimeMs: OPEN_URL_LIFETIME_MS });
        return {
            url: enterUrl(addressesOf(deps), { workspace: workspace.metadata.name, code, to: '/' }),
            expiresAt: new Date(deps.clock.now() + OPEN_URL_LIFETIME_MS).toISOString(),
        };
    },

    hibernateWorkspace: async (context) =>
        change(context, (workspace) => {
            workspace.spec.operatingMode = 'Hibernated';
            delete workspace.spec.keepAwakeUntil;
        }),

    resumeWorkspace: async (context) =>
        change(context, (workspace) => {
            workspace.spec.operatingMode = 'Running';
        }),

    retryWorkspace: async (context) => {
        const { state } = context.workspace.status;
        if (state !== 'failed' && state !== 'needs-attention') {
            throw new AppError('wrong-state', `The workspace is ${state}: there is no failed preparation to try again.`);
        }
        return change(context, (workspace) => {
            workspace.spec.prepareAttempt = (workspace.spec.prepareAttempt ?? 0) + 1;
            workspace.spec.operatingMode = 'Running';
        });
    },

    cancelPreparation: async ({ deps, workspace, audit }) => {
        audit.target = targetOf(workspace);
        const { uid } = workspace.metadata;
        const { state } = workspace.status;
        if (state !== 'preparing' || !deps.directory.send(uid, { type: 'cancel-prepare', id: crypto.randomUUID() })) {
            throw new AppError('wrong-state', `The workspace is ${state}: nothing is being prepared that could be cancelled.`);
        }
        return workspace;
    },

    keepAwake: async (context) => {
        const { deps, workspace, body, audit } = context;
        const template = await deps.store.get('WorkspaceTemplate', INSTALL_NAMESPACE, workspace.spec.templateRef);
        const ceiling = template?.spec.keepAwakeCeilingMinutes ?? body.minutes;
        if (body.minutes > ceiling) {
            throw new AppError('invalid-request', `The template allows at most ${ceiling} minutes.`, { pointer: '/minutes' });
        }
        audit.detail = { minutes: String(body.minutes) };
        return change(context, (object) => {
            object.spec.keepAwakeUntil = new Date(deps.clock.now() + body.minutes * 60_000).toISOString();
        });
    },

    getWorkspaceLog: async ({ deps, workspace }) => ({ text: await deps.runtime.log(workspace.metadata.uid, { maxBytes: LOG_BYTES }) }),

    listPorts: async ({ deps, workspace }) => {
        const addresses = addressesOf(deps);
        const { uid, name } = workspace.metadata;
        const ports = await deps.runtime.listeningPorts(uid);
        return {
            items: ports.map(({ port, process }) => ({ port, process: process.slice(0, 128), url: addresses.portOrigin(name, port) })),
        };
    },
};

type OfWorkspace = 'updateWorkspace' | 'hibernateWorkspace' | 'resumeWorkspace' | 'retryWorkspace' | 'keepAwake';

function change(
    context: Pick<ApiContext<OfWorkspace>, 'deps' | 'workspace' | 'audit'>,
    apply: (workspace: Workspace) => void,
): Promise<Workspace> {
    const { deps, workspace, audit } = context;
    const { namespace, name } = workspace.metadata;
    audit.target = targetOf(workspace);
    return updateObject(deps.store, deps.auth.rights, { kind: 'Workspace', namespace, name }, apply);
}

const targetOf = (workspace: Workspace): string => `Workspace/${workspace.metadata.namespace}/${workspace.metadata.name}`;
const addressesOf = (deps: { portalUrl: URL; contentDomain: string }): Addresses => new Addresses(deps);

/** People paste addresses with a password in them; the audit log is no place for it. */
function withoutPassword(url: string): string {
    return url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}
