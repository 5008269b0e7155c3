import { INSTALL_NAMESPACE, OPEN_URL_LIFETIME_MS, type SharedPort, type Workspace, type WorkspacePort } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { updateObject } from '../../auth/update-object.ts';
import { Addresses } from '../../gateway/addresses.ts';
import { isAdmin } from '../../domain/permissions.ts';
import type { ApiContext, Handlers } from '../api-context.ts';
import type { ApiDeps } from '../deps.ts';
import { accessForBrowser, enterUrl, wake } from '../open-workspace.ts';
import { keyOfObject, paginate } from '../paginate.ts';
import { mayOpen, mayOversee } from '../visibility.ts';

const LOG_BYTES = 512 * 1024;
/** As the resource's schema has it. */
const MAX_SHARED_PORTS = 64;

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
    | 'sharePort'
    | 'unsharePort'
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

    listPorts: async ({ deps, workspace }) => ({ items: await portsOf(deps, workspace) }),

    sharePort: async (context) => {
        const { deps, workspace, body, audit } = context;
        const port = portIn(context.params.port);
        audit.detail = {
            port: String(port),
            audience: body.audience,
            ...(body.minutes === undefined ? {} : { minutes: String(body.minutes) }),
        };
        if (body.audience === 'public' && deps.auth.rights.teamOf(workspace)?.spec.publicPorts !== true) {
            throw new AppError(
                'forbidden',
                'Ports of this team are not shared with everybody. An admin can allow it on the page of the team.',
                {
                    pointer: '/audience',
                },
            );
        }
        const expiresAt = body.minutes === undefined ? {} : { expiresAt: new Date(deps.clock.now() + body.minutes * 60_000).toISOString() };
        const changed = await change(context, ({ spec }) => {
            const others = (spec.sharedPorts ?? []).filter((share) => share.port !== port && !isOver(share, deps.clock.now()));
            if (others.length >= MAX_SHARED_PORTS) {
                throw new AppError('invalid-request', `A workspace shares at most ${MAX_SHARED_PORTS} ports. Make one private first.`);
            }
            spec.sharedPorts = [...others, { port, audience: body.audience, ...expiresAt }];
        });
        const shared = (await portsOf(deps, changed)).find((each) => each.port === port);
        if (shared === undefined) {
            throw new AppError('conflict', `Port ${port} was made private at the same moment.`);
        }
        return shared;
    },

    unsharePort: async (context) => {
        const port = portIn(context.params.port);
        context.audit.detail = { port: String(port) };
        await change(context, ({ spec }) => {
            spec.sharedPorts = (spec.sharedPorts ?? []).filter((share) => share.port !== port);
        });
    },
};

/** Programs that listen, and shared ports that wait for one, by number. */
async function portsOf(deps: ApiDeps, workspace: Workspace): Promise<WorkspacePort[]> {
    const addresses = addressesOf(deps);
    const { uid, name } = workspace.metadata;
    const listeners = new Map((await deps.runtime.listeningPorts(uid)).map(({ port, process }) => [port, process.slice(0, 128)]));
    const shares = new Map(
        (workspace.spec.sharedPorts ?? []).filter((share) => !isOver(share, deps.clock.now())).map((share) => [share.port, share]),
    );
    return [...new Set([...listeners.keys(), ...shares.keys()])]
        .sort((a, b) => a - b)
        .map((port) => ({
            process: listeners.get(port) ?? '',
            listening: listeners.has(port),
            url: addresses.portOrigin(name, port),
            port,
            ...shares.get(port),
        }));
}

const isOver = ({ expiresAt }: SharedPort, nowMs: number): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;

function portIn(text: string): number {
    const port = Number(text);
    if (port > 65_535) {
        throw new AppError('invalid-request', `"${text}" is no port. Give a number from 1 to 65535.`);
    }
    return port;
}

type OfWorkspace =
    'updateWorkspace' | 'hibernateWorkspace' | 'resumeWorkspace' | 'retryWorkspace' | 'keepAwake' | 'sharePort' | 'unsharePort';

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
