import { INSTALL_NAMESPACE, POOL_OWNER } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { updateObject } from '../../auth/update-object.ts';
import type { Handlers } from '../api-context.ts';
import { assertGitUrl } from '../../domain/git-url.ts';

export const templateHandlers: Handlers<'listTemplates' | 'getTemplate' | 'putTemplate' | 'deleteTemplate'> = {
    listTemplates: async ({ deps, query }) => {
        const { items, nextCursor, version } = await deps.store.list('WorkspaceTemplate', {
            namespace: INSTALL_NAMESPACE,
            limit: query.limit,
            cursor: query.cursor,
        });
        return { items, ...(nextCursor === undefined ? {} : { nextCursor }), version };
    },

    getTemplate: async ({ deps, params }) => {
        const template = await deps.store.get('WorkspaceTemplate', INSTALL_NAMESPACE, params.name);
        if (template === undefined) {
            throw unknown(params.name);
        }
        return template;
    },

    putTemplate: async ({ deps, params, body, audit }) => {
        audit.target = `WorkspaceTemplate/${params.name}`;
        if (body.name !== params.name) {
            throw new AppError(
                'invalid-request',
                `"name" is "${body.name}", but the address says "${params.name}". A name cannot be changed.`,
                {
                    pointer: '/name',
                },
            );
        }
        if (body.spec.source !== undefined) {
            assertGitUrl(body.spec.source.url, '/spec/source/url');
        }
        const { name } = params;
        const kind = 'WorkspaceTemplate';
        if ((await deps.store.get(kind, INSTALL_NAMESPACE, name)) === undefined) {
            try {
                return await deps.store.create({
                    kind,
                    metadata: { namespace: INSTALL_NAMESPACE, name },
                    spec: body.spec,
                    status: { observedGeneration: 0, conditions: [] },
                });
            } catch (error) {
                if (!(error instanceof AppError) || error.code !== 'already-exists') {
                    throw error;
                }
            }
        }
        return updateObject(deps.store, deps.auth.rights, { kind, namespace: INSTALL_NAMESPACE, name }, (object) => {
            object.spec = body.spec;
        });
    },

    deleteTemplate: async ({ deps, params, audit }) => {
        audit.target = `WorkspaceTemplate/${params.name}`;
        const template = await deps.store.get('WorkspaceTemplate', INSTALL_NAMESPACE, params.name);
        if (template === undefined) {
            throw unknown(params.name);
        }
        const users = deps.auth.rights.workspaces().filter(({ spec }) => spec.templateRef === params.name && spec.owner !== POOL_OWNER);
        const pools = await deps.store.list('WorkspacePool');
        const pool = pools.items.find((candidate) => candidate.spec.templateRef === params.name && candidate.spec.size > 0);
        if (users.length > 0) {
            throw new AppError(
                'wrong-state',
                `${users.length} workspace${users.length === 1 ? ' uses' : 's use'} this template. Delete them first.`,
            );
        }
        if (pool !== undefined) {
            throw new AppError('wrong-state', `The warm pool "${pool.metadata.name}" uses this template. Set its size to 0 first.`);
        }
        const { uid } = template.metadata;
        await deps.store.delete({ kind: 'WorkspaceTemplate', namespace: INSTALL_NAMESPACE, name: params.name }, { uid });
    },
};

const unknown = (name: string): AppError => new AppError('not-found', `There is no template "${name}".`);
