import { POOL_OWNER, type AccessGrant, type AnyResource, type Team, type User, type Workspace } from '@tandem/protocol';
import type { RightsIndex } from '../auth/rights-index.ts';
import { isAdmin, type Caller } from '../domain/permissions.ts';

/* What a caller gets to see in lists and event streams. */

const nameOf = (caller: Caller): string | undefined => (caller.kind === 'person' ? caller.name : undefined);

export const maySeeTeam = (caller: Caller, team: Team): boolean =>
    isAdmin(caller) || team.spec.members.some((member) => member.user === nameOf(caller));

/** People of shared teams; an admin sees all. */
export function maySeePerson(rights: RightsIndex, caller: Caller, person: User): boolean {
    const name = nameOf(caller);
    if (name === undefined) {
        return false;
    }
    return (
        isAdmin(caller) ||
        person.metadata.name === name ||
        rights.teamsOf(name).some(({ team }) => team.spec.members.some((member) => member.user === person.metadata.name))
    );
}

/** Workspaces that a caller can open. */
export function mayOpen(rights: RightsIndex, caller: Caller, workspace: Workspace): boolean {
    const name = nameOf(caller);
    return name !== undefined && (workspace.spec.owner === name || rights.rightTo(workspace, name) !== undefined);
}

/** Workspaces that show when all are asked for: an admin sees every one, a lead those of the teams they lead. */
export function mayOversee(rights: RightsIndex, caller: Caller, workspace: Workspace): boolean {
    const name = nameOf(caller);
    if (workspace.spec.owner === POOL_OWNER) {
        // Nobody's yet: its pool tells how many there are.
        return false;
    }
    if (isAdmin(caller) || name === undefined) {
        return isAdmin(caller);
    }
    const team = workspace.metadata.namespace.replace(/^team-/, '');
    return rights.teamsOf(name).some((membership) => membership.role === 'lead' && membership.team.metadata.name === team);
}

/** Grants that a caller gave or got, or that lead into a workspace of theirs. */
export function maySeeGrant(rights: RightsIndex, caller: Caller, grant: AccessGrant): boolean {
    const { subject, grantedBy, workspaceRef } = grant.spec;
    return [subject, grantedBy, rights.workspace(workspaceRef)?.spec.owner].includes(nameOf(caller) ?? '');
}

/** Whether a change of an object is a caller's business. */
export function maySee(rights: RightsIndex, caller: Caller, object: AnyResource, all: boolean): boolean {
    switch (object.kind) {
        case 'Workspace':
            return mayOpen(rights, caller, object) || (all && mayOversee(rights, caller, object));
        case 'User':
            return maySeePerson(rights, caller, object);
        case 'Team':
            return maySeeTeam(caller, object);
        case 'AccessGrant':
            return maySeeGrant(rights, caller, object) || (all && isAdmin(caller));
        case 'WorkspaceTemplate':
            return caller.kind === 'person';
        case 'WorkspacePool': {
            const team = rights.team(object.metadata.namespace.replace(/^team-/, ''));
            return team !== undefined && maySeeTeam(caller, team);
        }
    }
}
