import { operations, type ErrorCode, type GrantRole, type Operation, type OperationId } from '@tandem/protocol';

export type TeamRole = 'lead' | 'developer';

/** Who asks, as the API sees them. */
export type Caller =
    | { kind: 'anonymous' }
    | {
          kind: 'person';
          name: string;
          /** Whether the person is an admin; see `isAdmin` for what counts. */
          admin: boolean;
          /** How they prove it. `workspace`: through a workspace's origin, with the rights of one grant only. */
          via: { kind: 'session' } | { kind: 'token'; scope: 'read' | 'write' | 'admin' } | { kind: 'workspace'; workspaceUid: string };
      };

/** What is known about the object of a request; facts that an operation has no use for are absent. */
export interface Target {
    /** `undefined` when the team does not exist. */
    team?: { role: TeamRole | undefined } | undefined;
    /** `undefined` when the workspace does not exist in that team. */
    workspace?: { uid: string; owner: string; right: { role: GrantRole; run: boolean } | undefined } | undefined;
    /** `undefined` when the grant does not exist in that team. */
    grant?: { subject: string; grantedBy: string; workspaceOwner: string | undefined } | undefined;
}

export type Decision =
    { allowed: true } | { allowed: false; code: Extract<ErrorCode, 'not-signed-in' | 'forbidden' | 'not-found'>; message: string };

const ALLOWED: Decision = { allowed: true };
const NOT_FOUND: Decision = { allowed: false, code: 'not-found', message: 'There is no such thing, or you may not know of it.' };
const forbidden = (message: string): Decision => ({ allowed: false, code: 'forbidden', message });

/** What reaches into a workspace: nobody but its owner, and who has the owner's role by a grant; not even an admin. */
const PERSONAL: ReadonlySet<OperationId> = new Set(['openWorkspace', 'createGrant', 'getWorkspaceLog', 'listPorts', 'sharePort']);
/** What a lead may do to workspaces of the team: keep its machine from running full, and close what was opened too far. */
const STEERED_BY_LEADS: ReadonlySet<OperationId> = new Set(['hibernateWorkspace', 'unsharePort']);
/** What an editor may do by a grant. */
const OPEN_TO_EDITORS: ReadonlySet<OperationId> = new Set(['keepAwake']);

/** Whether admin rights count for this caller: a token has them only with the scope `admin`, a workspace never. */
export function isAdmin(caller: Caller): boolean {
    return (
        caller.kind === 'person' &&
        caller.admin &&
        (caller.via.kind === 'session' || (caller.via.kind === 'token' && caller.via.scope === 'admin'))
    );
}

/**
 * Whether a caller may do an operation. Objects that a caller may not know of are `not-found`; what they may know of but
 * not do is `forbidden`.
 */
export function decide(id: OperationId, caller: Caller, target: Target): Decision {
    const operation: Operation = operations[id];
    if (operation.access === 'public') {
        return ALLOWED;
    }
    if (caller.kind === 'anonymous') {
        return { allowed: false, code: 'not-signed-in', message: 'Sign in first.' };
    }
    const limited = limitOf(id, operation, caller);
    if (limited !== undefined) {
        return limited;
    }
    if (id === 'revokeGrant') {
        return decideGrant(caller, target);
    }
    if (operation.path.includes('/workspaces/:name')) {
        return decideWorkspace(id, caller, target);
    }
    switch (operation.access) {
        case 'session':
            return ALLOWED;
        case 'admin':
            return isAdmin(caller) ? ALLOWED : forbidden('Only an admin may do this.');
        case 'member':
        case 'lead':
            return decideTeam(operation.access, caller, target);
        default:
            return forbidden('Only the owner may do this.');
    }
}

type Person = Extract<Caller, { kind: 'person' }>;

/** What tokens and workspace origins may not do at all. */
function limitOf(id: OperationId, operation: Operation, caller: Person): Decision | undefined {
    if (caller.via.kind === 'workspace') {
        return operation.onWorkspaceOrigin === true
            ? undefined
            : forbidden('This cannot be done from inside a workspace. Open the portal.');
    }
    if (caller.via.kind === 'token') {
        const { scope } = caller.via;
        if (scope === 'read' && operation.method !== 'GET') {
            return forbidden('This token may only read. Make one with the scope "write".');
        }
        // Whoever holds a token must not be able to make the account theirs.
        if (scope !== 'admin' && operation.tag === 'account' && operation.method !== 'GET') {
            return forbidden('This token may not change the account. Make one with the scope "admin", or use the portal.');
        }
        if (id === 'renewRequestSecret' || id === 'signOut') {
            return forbidden('A token has no session. Delete the token to end it.');
        }
    }
    return undefined;
}

function decideTeam(access: 'member' | 'lead', caller: Person, target: Target): Decision {
    if (target.team === undefined || (target.team.role === undefined && !isAdmin(caller))) {
        return NOT_FOUND;
    }
    if (access === 'member' || target.team.role === 'lead' || isAdmin(caller)) {
        return ALLOWED;
    }
    return forbidden('Only a lead of the team may do this.');
}

function decideWorkspace(id: OperationId, caller: Person, target: Target): Decision {
    const { team, workspace } = target;
    if (team === undefined || workspace === undefined) {
        return NOT_FOUND;
    }
    if (caller.via.kind === 'workspace' && caller.via.workspaceUid !== workspace.uid) {
        return NOT_FOUND;
    }
    const { right } = workspace;
    const owns = workspace.owner === caller.name || right?.role === 'owner';
    const knows = owns || right !== undefined || team.role !== undefined || isAdmin(caller);
    if (!knows) {
        return NOT_FOUND;
    }
    if (
        owns ||
        id === 'getWorkspace' ||
        (id === 'openWorkspace' && right !== undefined) ||
        (id === 'listPorts' && right?.run === true) ||
        (OPEN_TO_EDITORS.has(id) && right?.role === 'editor') ||
        (STEERED_BY_LEADS.has(id) && team.role === 'lead' && caller.via.kind !== 'workspace') ||
        (!PERSONAL.has(id) && isAdmin(caller))
    ) {
        return ALLOWED;
    }
    return forbidden(
        id === 'openWorkspace'
            ? 'You have no access to this workspace. Ask its owner to let you in.'
            : 'Only the owner of the workspace may do this.',
    );
}

function decideGrant(caller: Person, target: Target): Decision {
    const { team, grant } = target;
    if (team === undefined || grant === undefined) {
        return NOT_FOUND;
    }
    const concerned = [grant.subject, grant.grantedBy, grant.workspaceOwner].includes(caller.name);
    return concerned || team.role === 'lead' || isAdmin(caller) ? ALLOWED : NOT_FOUND;
}
