import { INSTALL_NAMESPACE, TEAM_NAMESPACE_PREFIX } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { updateObject } from '../../auth/update-object.ts';
import { isAdmin } from '../../domain/permissions.ts';
import type { Handlers } from '../api-context.ts';
import { keyOfObject, paginate } from '../paginate.ts';
import { maySeeTeam } from '../visibility.ts';

const MAX_POOLS = 100;

export const teamHandlers: Handlers<
    'listTeams' | 'createTeam' | 'getTeam' | 'updateTeam' | 'setMember' | 'removeMember' | 'listPools' | 'setPool'
> = {
    listTeams: async ({ deps, query, authentication }) => {
        const { rights } = deps.auth;
        const { version } = rights;
        const visible = rights.teams().filter((team) => maySeeTeam(authentication.caller, team));
        return { ...paginate(visible, keyOfObject, query), version };
    },

    createTeam: async ({ deps, body, user, audit }) => {
        audit.target = `Team/${body.name}`;
        const team = await deps.store.create({
            kind: 'Team',
            metadata: { namespace: INSTALL_NAMESPACE, name: body.name },
            spec: {
                displayName: body.displayName,
                members: [{ user: user.metadata.name, role: 'lead' }],
                quota: {},
                memberQuota: {},
            },
            status: { observedGeneration: 0, conditions: [] },
        });
        deps.auth.rights.apply(team);
        return team;
    },

    getTeam: async ({ team }) => team,

    updateTeam: async ({ deps, params, body, authentication, audit }) => {
        if (body.publicPorts !== undefined) {
            audit.detail = { publicPorts: String(body.publicPorts) };
            if (!isAdmin(authentication.caller)) {
                throw new AppError('forbidden', 'Only an admin may allow or forbid ports that everybody can use.', {
                    pointer: '/publicPorts',
                });
            }
        }
        return deps.auth.people.updateTeam(params.team, (object) => {
            Object.assign(object.spec, body);
        });
    },

    setMember: async ({ deps, params, body, audit }) => {
        audit.detail = { role: body.role };
        if (deps.auth.rights.user(params.name) === undefined) {
            throw new AppError('not-found', `There is no person "${params.name}". Invite them first.`);
        }
        return deps.auth.people.setMember(params.team, params.name, body.role);
    },

    removeMember: async ({ deps, params, team }) => {
        if (!team.spec.members.some((member) => member.user === params.name)) {
            throw new AppError('not-found', `"${params.name}" is not a member of ${team.spec.displayName}.`);
        }
        return deps.auth.people.removeMember(params.team, params.name);
    },

    listPools: async ({ deps, params }) => {
        const { items, version } = await deps.store.list('WorkspacePool', {
            namespace: TEAM_NAMESPACE_PREFIX + params.team,
            limit: MAX_POOLS,
        });
        return { items, version };
    },

    setPool: async ({ deps, params, body, audit }) => {
        audit.detail = { template: body.template, size: String(body.size) };
        if ((await deps.store.get('WorkspaceTemplate', INSTALL_NAMESPACE, body.template)) === undefined) {
            throw new AppError('invalid-request', `There is no template "${body.template}".`, { pointer: '/template' });
        }
        const key = { kind: 'WorkspacePool', namespace: TEAM_NAMESPACE_PREFIX + params.team, name: params.name } as const;
        const spec = { templateRef: body.template, size: body.size };
        if ((await deps.store.get(key.kind, key.namespace, key.name)) === undefined) {
            const { kind, namespace, name } = key;
            const status = { observedGeneration: 0, ready: 0, starting: 0, conditions: [] };
            try {
                return await deps.store.create({ kind, metadata: { namespace, name }, spec, status });
            } catch (error) {
                if (!(error instanceof AppError) || error.code !== 'already-exists') {
                    throw error;
                }
            }
        }
        return updateObject(deps.store, deps.auth.rights, key, (object) => {
            object.spec = spec;
        });
    },
};
