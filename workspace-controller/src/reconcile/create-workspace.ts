import {
    CLEANUP_FINALIZER,
    DEFAULT_TEMPLATE,
    INSTALL_NAMESPACE,
    isWorkspaceName,
    POOL_LABEL,
    POOL_OWNER,
    TEAM_NAMESPACE_PREFIX,
    type CreateWorkspace,
    type Workspace,
} from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { assertGitUrl } from '../http/git-url.ts';
import { displayNameFromRepository, nameFromRepository } from '../domain/workspace-names.ts';
import type { NewObject } from '../store/resource-store.ts';
import type { PlaneContext } from './plane-context.ts';
import { isWaiting } from './workspace/plan.ts';

const NAME_ATTEMPTS = 5;

export const newWorkspaceStatus = (): Workspace['status'] => ({
    observedGeneration: 0,
    state: 'queued',
    stages: [],
    prepared: false,
    restarts: 0,
    conditions: [],
});

/** A workspace object that nobody has seen yet. */
export function newWorkspace(
    namespace: string,
    name: string,
    spec: Workspace['spec'],
    labels: Record<string, string> = {},
): NewObject<'Workspace'> {
    return {
        kind: 'Workspace',
        metadata: { namespace, name, labels, finalizers: [CLEANUP_FINALIZER] },
        spec,
        status: newWorkspaceStatus(),
    };
}

export interface CreateRequest {
    team: string;
    owner: string;
    body: CreateWorkspace;
}

/**
 * Makes a workspace somebody's: a waiting member of the pool when the template and the quota allow it and no name was
 * asked for (a member has its name from birth), else a new one.
 *
 * @param mayRun takes a place under the quotas, or says that there is none
 * @throws AppError `invalid-name`, `already-exists`, `invalid-git-url`, `not-found` for an unknown template
 */
export async function createWorkspace(
    context: PlaneContext,
    request: CreateRequest,
    mayRun: (workspace: Workspace) => boolean,
): Promise<Workspace> {
    const { body } = request;
    const namespace = TEAM_NAMESPACE_PREFIX + request.team;
    const spec = readSpec(context, request);
    if (body.name !== undefined) {
        checkName(context, body.name);
        return create(context, namespace, body.name, spec);
    }
    const claimed = await claimMember(context, namespace, spec, mayRun);
    if (claimed !== undefined) {
        return claimed;
    }
    for (let attempt = 1; ; attempt++) {
        const name = nameFromRepository(spec.source?.url, context.random);
        try {
            checkName(context, name);
            return await create(context, namespace, name, spec);
        } catch (error) {
            if (!(error instanceof AppError && error.code === 'already-exists') || attempt === NAME_ATTEMPTS) {
                throw error;
            }
        }
    }
}

function readSpec(context: PlaneContext, { owner, body }: CreateRequest): Workspace['spec'] {
    const templateRef = body.template ?? DEFAULT_TEMPLATE;
    const template = context.informer.get('WorkspaceTemplate', INSTALL_NAMESPACE, templateRef);
    if (template === undefined) {
        throw new AppError('not-found', `There is no template "${templateRef}". Choose one of the list.`, { pointer: '/template' });
    }
    const source = body.source ?? template.spec.source;
    if (source !== undefined) {
        assertGitUrl(source.url, '/source/url');
    }
    return {
        owner,
        displayName: body.displayName?.trim() || displayNameFromRepository(source?.url),
        templateRef,
        ...(source === undefined ? {} : { source: { ...source, url: source.url.trim() } }),
        operatingMode: 'Running',
    };
}

function checkName(context: PlaneContext, name: string): void {
    if (!isWorkspaceName(name)) {
        throw new AppError(
            'invalid-name',
            `"${name}" cannot be a name. Use 3 to 22 lower-case letters, digits and single hyphens, beginning with a letter and not ending with a hyphen.`,
            { pointer: '/name' },
        );
    }
    if (context.informer.all('Workspace').some((candidate) => candidate.metadata.name === name)) {
        throw new AppError('already-exists', `There is a workspace "${name}" already. Choose another name.`, { pointer: '/name' });
    }
}

async function create(context: PlaneContext, namespace: string, name: string, spec: Workspace['spec']): Promise<Workspace> {
    const created = await context.store.create(newWorkspace(namespace, name, spec));
    context.informer.apply(created);
    return created;
}

/** Takes over a started member by one write; of two who want the same one, the second takes the next. */
async function claimMember(
    context: PlaneContext,
    namespace: string,
    spec: Workspace['spec'],
    mayRun: (workspace: Workspace) => boolean,
): Promise<Workspace | undefined> {
    const { informer, store, sessions } = context;
    const members = informer
        .all('Workspace')
        .filter(
            (candidate) =>
                candidate.metadata.namespace === namespace &&
                candidate.metadata.labels[POOL_LABEL] !== undefined &&
                candidate.metadata.deletedAt === undefined &&
                candidate.spec.owner === POOL_OWNER &&
                candidate.spec.templateRef === spec.templateRef &&
                isWaiting(candidate) &&
                sessions.get(candidate.metadata.uid)?.session.connected === true,
        )
        .sort((a, b) => a.metadata.createdAt.localeCompare(b.metadata.createdAt));
    for (const member of members) {
        const { [POOL_LABEL]: _pool, ...labels } = member.metadata.labels;
        const mine: Workspace = { ...member, metadata: { ...member.metadata, labels }, spec };
        if (!mayRun(mine)) {
            return undefined;
        }
        try {
            const claimed = await store.update<'Workspace'>(mine);
            informer.apply(claimed);
            return claimed;
        } catch (error) {
            if (!(error instanceof AppError && (error.code === 'conflict' || error.code === 'not-found'))) {
                throw error;
            }
        }
    }
    return undefined;
}
