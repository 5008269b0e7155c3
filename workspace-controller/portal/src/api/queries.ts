import { listAll } from '@tandem/api-client';
import type { Session } from '@tandem/protocol';
import { keepPreviousData, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { isApiError } from '@tandem/api-client';
import { api } from './client.ts';
import { keys, type AuditFilters, type WorkspaceScope } from './keys.ts';
import { requestSecret } from './request-secret.ts';

const PAGE = 1000;

/** Who is signed in; `null` when nobody is. */
export const sessionQuery = queryOptions({
    queryKey: keys.session,
    queryFn: async ({ signal }): Promise<Session | null> => {
        try {
            const session = await api.getSession({ signal });
            if (session.requestSecret !== undefined) {
                requestSecret.set(session.requestSecret);
            }
            return session;
        } catch (error) {
            if (isApiError(error, 'not-signed-in') || isApiError(error, 'user-disabled')) {
                return null;
            }
            throw error;
        }
    },
});

export const signInOptionsQuery = queryOptions({
    queryKey: keys.signInOptions,
    queryFn: ({ signal }) => api.getSignInOptions({ signal }),
});

export const workspacesQuery = (scope: WorkspaceScope) =>
    queryOptions({
        queryKey: keys.workspaces(scope),
        queryFn: ({ signal }) =>
            listAll((cursor) => api.listWorkspaces({ query: { limit: PAGE, cursor, all: scope === 'all' ? true : undefined }, signal })),
    });

export const templatesQuery = queryOptions({
    queryKey: keys.templates,
    queryFn: ({ signal }) => listAll((cursor) => api.listTemplates({ query: { limit: PAGE, cursor }, signal })),
});

export const usersQuery = queryOptions({
    queryKey: keys.users,
    queryFn: ({ signal }) => listAll((cursor) => api.listUsers({ query: { limit: PAGE, cursor }, signal })),
});

export const teamsQuery = queryOptions({
    queryKey: keys.teams,
    queryFn: ({ signal }) => listAll((cursor) => api.listTeams({ query: { limit: PAGE, cursor }, signal })),
});

export const grantsQuery = queryOptions({
    queryKey: keys.grants,
    queryFn: ({ signal }) => listAll((cursor) => api.listGrants({ query: { limit: PAGE, cursor }, signal })),
});

export const poolsQuery = (team: string) =>
    queryOptions({ queryKey: keys.pools(team), queryFn: ({ signal }) => api.listPools({ params: { team }, signal }) });

export const logQuery = (team: string, name: string) =>
    queryOptions({ queryKey: keys.log(name), queryFn: ({ signal }) => api.getWorkspaceLog({ params: { team, name }, signal }) });

/** @param generation of the workspace: what is shared stands in its specification */
export const portsQuery = (team: string, name: string, generation: number) =>
    queryOptions({
        queryKey: keys.ports(name, generation),
        queryFn: ({ signal }) => api.listPorts({ params: { team, name }, signal }),
        placeholderData: keepPreviousData,
    });

/* What no event tells of is read again whenever its page is opened. */
const fresh = { staleTime: 0 } as const;

export const invitationsQuery = queryOptions({
    queryKey: keys.invitations,
    queryFn: ({ signal }) => api.listInvitations({ signal }),
    ...fresh,
});
export const meQuery = queryOptions({ queryKey: keys.me, queryFn: ({ signal }) => api.getMe({ signal }), ...fresh });
export const passkeysQuery = queryOptions({ queryKey: keys.passkeys, queryFn: ({ signal }) => api.listPasskeys({ signal }), ...fresh });
export const sessionsQuery = queryOptions({ queryKey: keys.sessions, queryFn: ({ signal }) => api.listSessions({ signal }), ...fresh });
export const gitCredentialsQuery = queryOptions({
    queryKey: keys.gitCredentials,
    queryFn: ({ signal }) => api.listGitCredentials({ signal }),
    ...fresh,
});
export const sshKeyQuery = queryOptions({ queryKey: keys.sshKey, queryFn: ({ signal }) => api.getSshKey({ signal }), ...fresh });
export const tokensQuery = queryOptions({ queryKey: keys.tokens, queryFn: ({ signal }) => api.listTokens({ signal }), ...fresh });

export const auditQuery = (filters: AuditFilters) =>
    infiniteQueryOptions({
        queryKey: keys.audit(filters),
        queryFn: ({ pageParam, signal }) => api.listAudit({ query: { ...filters, limit: 200, cursor: pageParam }, signal }),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (last) => last.nextCursor,
        ...fresh,
    });
