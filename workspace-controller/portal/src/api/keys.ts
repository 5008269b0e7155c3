import type { QueryOf } from '@tandem/protocol';

export type WorkspaceScope = 'mine' | 'all';
export type AuditFilters = Omit<NonNullable<QueryOf<'listAudit'>>, 'limit' | 'cursor'>;

/** Names of everything that is kept in the query cache. */
export const keys = {
    session: ['session'],
    signInOptions: ['sign-in-options'],
    workspaces: (scope: WorkspaceScope) => ['workspaces', scope],
    log: (name: string) => ['workspace-log', name],
    portsOf: (name: string) => ['workspace-ports', name],
    ports: (name: string, generation: number) => ['workspace-ports', name, generation],
    templates: ['templates'],
    users: ['users'],
    teams: ['teams'],
    pools: (team: string) => ['pools', team],
    grants: ['grants'],
    invitations: ['invitations'],
    sharedMachine: ['shared-machine'],
    me: ['me'],
    sessions: ['sessions'],
    passkeys: ['passkeys'],
    gitCredentials: ['git-credentials'],
    sshKey: ['ssh-key'],
    tokens: ['tokens'],
    audit: (filters: AuditFilters) => ['audit', filters],
} as const;
