import {
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
import { assertGitUrl } from '../domain/git-url.ts';
import { displayNameFromRepository, nameFromRepository } from '../domain/workspace-names.ts';
import { BLUEPRINT, blueprintOf } from '../domain/blueprint.ts';
import { newWorkspace } from '../resources/new-workspace.ts';
import type { PlaneContext } from './plane-context.ts';
import type { Places } from './workspace/places.ts';
import { isWaiting } from './workspace/plan.ts';

const NAME_ATTEMPTS = 5;

export interface CreateRequest {
    team: string;
    owner: string;
    body: CreateWorkspace;
}

/**
 * Makes a workspace somebody's: a waiting member of the pool when the template and the quota allow it and no name was
 * asked for (a member has its name from birth), else a new one.
 *
 * @throws AppError `invalid-name`, `already-exists`, `invalid-git-url`, `not-found` for an unknown template
 */
export async function createWorkspace(context: PlaneContext, places: Places, request: CreateRequest): Promise<Workspace> {
    const { body } = request;
    const namespace = TEAM_NAMESPACE_PREFIX + request.team;
    const spec = readSpec(context, request);
    if (body.name !== undefined) {
        checkName(context, body.name);
        return create(context, namespace, body.name, spec);
    }
    const claimed = await claimMember(context, places, namespace, spec);
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
    const queuedAt = new Date(context.clock.now()).toISOString();
    const created = await context.store.create(newWorkspace({ namespace, name, spec, queuedAt }));
    context.informer.apply(created);
    return created;
}

/** Takes over a started member by one write; of two who want the same one, the second takes the next. */
async function claimMember(
    context: PlaneContext,
    places: Places,
    namespace: string,
    spec: Workspace['spec'],
): Promise<Workspace | undefined> {
    const { beingClaimed } = places;
    const gone = new Set<string>();
    for (;;) {
        const member = claimable(context, namespace, spec).find(({ metadata: { uid } }) => !beingClaimed.has(uid) && !gone.has(uid));
        if (member === undefined) {
            return undefined;
        }
        const { uid } = member.metadata;
        const { [POOL_LABEL]: _pool, ...labels } = member.metadata.labels;
        const mine: Workspace = { ...member, metadata: { ...member.metadata, labels }, spec };
        if (!places.ask(mine).admitted) {
            return undefined;
        }
        beingClaimed.add(uid);
        try {
            const claimed = await context.store.update<'Workspace'>(mine);
            context.informer.apply(claimed);
            return claimed;
        } catch (error) {
            places.settle(uid);
            if (!(error instanceof AppError && (error.code === 'conflict' || error.code === 'not-found'))) {
                throw error;
            }
            if (!(await context.informer.refresh('Workspace', namespace, member.metadata.name))) {
                gone.add(uid);
            }
        } finally {
            beingClaimed.delete(uid);
        }
    }
}

/** Members that can be claimed for this spec, the oldest first. */
function claimable({ informer, sessions }: PlaneContext, namespace: string, spec: Workspace['spec']): Workspace[] {
    const blueprint = blueprintOf(informer.get('WorkspaceTemplate', INSTALL_NAMESPACE, spec.templateRef)?.spec);
    return informer
        .all('Workspace')
        .filter(
            ({ metadata, spec: { owner, templateRef } }) =>
                metadata.namespace === namespace &&
                metadata.labels[POOL_LABEL] !== undefined &&
                metadata.deletedAt === undefined &&
                metadata.annotations[BLUEPRINT] === blueprint &&
                owner === POOL_OWNER &&
                templateRef === spec.templateRef,
        )
        .filter((member) => isWaiting(member) && sessions.get(member.metadata.uid)?.session.connected === true)
        .sort((a, b) => a.metadata.createdAt.localeCompare(b.metadata.createdAt));
}
