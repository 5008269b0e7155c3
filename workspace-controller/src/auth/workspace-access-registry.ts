import {
    COLLAB_AUDIENCE,
    IDENTITY_TOKEN_LIFETIME_MS,
    ONE_TIME_CODE_LIFETIME_MS,
    OWNER_GRANT,
    PORT_HOST_SEPARATOR,
    REVOCATION_FEED_LOST_MS,
    PEER_SUBJECT,
    rooms,
    workspaceAudience,
    type GrantRole,
    type IdentityClaims,
    type Revocation,
    type RoomAccess,
    type Workspace,
} from '@tandem/protocol';
import type { Clock, Disposable } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import { PORT_GRANT_PREFIX } from '../domain/port-sharing.ts';
import type { OneTimeStore } from './one-time.ts';
import type { Revocations } from './revocations.ts';
import { rightOf, type RightsIndex, type WorkspaceRight } from './rights-index.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import { hashToken, randomToken } from './tokens.ts';
import type { AccessRefusal, WorkspaceAccess, WorkspaceAccessRegistry } from './workspace-access.ts';

const EXPIRED_KEPT_MS = 24 * 3_600_000;

interface Handle {
    sessionId: string;
    user: string;
    grantId: string;
    workspaceUid: string;
    workspaceName: string;
    expiresAtMs: number;
}

interface RegistryDeps {
    database: PlatformDatabase;
    oneTime: OneTimeStore;
    sessions: Sessions;
    rights: RightsIndex;
    keys: SigningKeys;
    revocations: Revocations;
    clock: Clock;
    /** Content domain without port. */
    contentDomain: string;
    /** Origin of the portal: issuer of identity tokens. */
    issuer: string;
}

/** Handles of workspace origins: hashes on disk, all in memory; rights are looked up afresh at each use. */
export class StoredWorkspaceAccessRegistry implements WorkspaceAccessRegistry {
    private readonly handles = new Map<string, Handle>();
    private readonly deps: RegistryDeps;

    private constructor(deps: RegistryDeps) {
        this.deps = deps;
    }

    static async open(deps: RegistryDeps): Promise<StoredWorkspaceAccessRegistry> {
        const registry = new StoredWorkspaceAccessRegistry(deps);
        for (const row of await deps.database.query('SELECT * FROM workspace_handle')) {
            registry.handles.set(String(row['handle_hash']), {
                sessionId: String(row['session_id']),
                user: String(row['user']),
                grantId: String(row['grant_id']),
                workspaceUid: String(row['workspace_uid']),
                workspaceName: String(row['workspace_name']),
                expiresAtMs: Number(row['expires_at']),
            });
        }
        return registry;
    }

    get feedAlive(): boolean {
        return this.deps.rights.silentForMs < REVOCATION_FEED_LOST_MS;
    }

    /**
     * The access of a session's person to a workspace, or why there is none.
     *
     * @param options.grantId the grant that a handle is bound to; absent: the strongest right there is
     * @param options.port asked for: when that is shared, it may be all that the person gets
     */
    accessOf(sessionId: string, workspace: Workspace, options: { grantId?: string; port?: number } = {}): WorkspaceAccess | AccessRefusal {
        const { grantId, port } = options;
        const { sessions, rights, clock } = this.deps;
        const session = sessions.byId(sessionId);
        if (session === undefined) {
            return { refused: 'signed-out', explanation: 'You signed out, or your session was ended. Sign in again.' };
        }
        if (sessions.hasExpired(session)) {
            return { refused: 'expired', explanation: 'Your session has expired. Sign in again.' };
        }
        const user = rights.user(session.user);
        if (user === undefined || user.spec.disabled) {
            return { refused: 'revoked', explanation: 'Your account is disabled. Ask an admin.' };
        }
        const inside = grantId === undefined ? rights.rightTo(workspace, session.user) : this.boundRight(workspace, session.user, grantId);
        const shared = port === undefined || inside?.run === true ? undefined : rights.rightToPort(workspace, port, session.user);
        const right = shared ?? inside;
        if (right === undefined) {
            return noRight(grantId, port);
        }
        if (right.expiresAtMs !== undefined && right.expiresAtMs <= clock.now()) {
            return { refused: 'expired', explanation: 'Your access to this workspace has expired. Ask its owner to extend it.' };
        }
        const { name, uid, namespace } = workspace.metadata;
        return {
            sessionId,
            user: { name: session.user, displayName: user.spec.displayName },
            grantId: right.grantId,
            role: right.role,
            run: right.run,
            workspace: { name, uid, namespace },
            ...(right.port === undefined ? {} : { port: right.port }),
            expiresAtMs: Math.min(session.expiresAtMs, right.expiresAtMs ?? Infinity),
        };
    }

    async mintCode(access: WorkspaceAccess, options: { lifetimeMs?: number } = {}): Promise<string> {
        const payload = { sessionId: access.sessionId, workspaceUid: access.workspace.uid, workspaceName: access.workspace.name };
        const { token } = await this.deps.oneTime.put('workspace-code', payload, options.lifetimeMs ?? ONE_TIME_CODE_LIFETIME_MS);
        return token;
    }

    async redeemCode(code: string, host: string): Promise<{ handle: string; access: WorkspaceAccess } | AccessRefusal> {
        const { database, oneTime, rights } = this.deps;
        const found = await oneTime.take<{ sessionId: string; workspaceUid: string; workspaceName: string }>('workspace-code', code);
        if (found === undefined) {
            return { refused: 'expired', explanation: 'This link was used already or has expired. Open the workspace from the portal.' };
        }
        const workspace = rights.workspace(found.workspaceName);
        if (workspace === undefined || workspace.metadata.uid !== found.workspaceUid) {
            return { refused: 'denied', explanation: 'This workspace was deleted.' };
        }
        const place = this.placeOfHost(host);
        if (place?.workspace !== found.workspaceName) {
            return { refused: 'denied', explanation: 'This link was made for another workspace.' };
        }
        const access = this.accessOf(found.sessionId, workspace, place.port === undefined ? {} : { port: place.port });
        if ('refused' in access) {
            return access;
        }
        const handle = randomToken();
        const record: Handle = {
            sessionId: access.sessionId,
            user: access.user.name,
            grantId: access.grantId,
            workspaceUid: access.workspace.uid,
            workspaceName: access.workspace.name,
            expiresAtMs: access.expiresAtMs,
        };
        await database.query(
            `INSERT INTO workspace_handle (handle_hash, session_id, user, grant_id, workspace_uid, workspace_name, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
            [
                hashToken(handle),
                record.sessionId,
                record.user,
                record.grantId,
                record.workspaceUid,
                record.workspaceName,
                record.expiresAtMs,
            ],
        );
        this.handles.set(hashToken(handle), record);
        return { handle, access };
    }

    lookup(handle: string | undefined, workspaceName: string, port?: number): WorkspaceAccess | AccessRefusal {
        const known = this.lookupHandle(handle, workspaceName, port);
        const insufficient = 'refused' in known || (port !== undefined && !known.run && known.port !== port);
        return (port !== undefined && insufficient ? this.publicAccess(workspaceName, port) : undefined) ?? known;
    }

    private lookupHandle(handle: string | undefined, workspaceName: string, port: number | undefined): WorkspaceAccess | AccessRefusal {
        const { clock, rights, sessions } = this.deps;
        const record = handle === undefined || handle === '' ? undefined : this.handles.get(hashToken(handle));
        if (record === undefined || record.workspaceName !== workspaceName) {
            return { refused: 'no-cookie', explanation: 'Open this workspace from the portal.' };
        }
        const workspace = rights.workspace(workspaceName);
        if (workspace === undefined || workspace.metadata.uid !== record.workspaceUid) {
            return { refused: 'revoked', explanation: 'This workspace was deleted.' };
        }
        if (clock.now() >= record.expiresAtMs) {
            return { refused: 'expired', explanation: 'Your session has expired. Sign in again.' };
        }
        const access = this.accessOf(record.sessionId, workspace, { grantId: record.grantId, ...(port === undefined ? {} : { port }) });
        const session = sessions.byId(record.sessionId);
        if (!('refused' in access) && session !== undefined) {
            sessions.touch(session);
        }
        return access;
    }

    mintIdentity(access: WorkspaceAccess, audience: string, generation: number): Promise<string> {
        const issuedAt = Math.floor(this.deps.clock.now() / 1000);
        const expiresAt = Math.min(issuedAt + IDENTITY_TOKEN_LIFETIME_MS / 1000, Math.floor(access.expiresAtMs / 1000));
        const claims: IdentityClaims = {
            iss: this.deps.issuer,
            aud: audience,
            sub: access.user.name,
            sid: access.sessionId,
            grant: access.grantId,
            role: access.role,
            run: access.run,
            ws: access.workspace.name,
            gen: generation,
            name: access.user.displayName,
            ...(audience === COLLAB_AUDIENCE ? { rooms: roomsFor(access.workspace.uid, access.role) } : {}),
            iat: issuedAt,
            exp: expiresAt,
            jti: randomToken(16),
        };
        return this.deps.keys.sign(claims);
    }

    /** Identity token of the controller itself, for a workspace's control socket. */
    mintControlToken(workspaceUid: string): Promise<string> {
        const issuedAt = Math.floor(this.deps.clock.now() / 1000);
        const claims: IdentityClaims = {
            iss: this.deps.issuer,
            aud: workspaceAudience(workspaceUid),
            sub: 'controller',
            sid: 'controller',
            grant: 'controller',
            role: 'controller',
            iat: issuedAt,
            exp: issuedAt + IDENTITY_TOKEN_LIFETIME_MS / 1000,
            jti: randomToken(16),
        };
        return this.deps.keys.sign(claims);
    }

    /** Identity token of the peer inside a workspace: it may do everything with the rooms of its workspace, and nothing else. */
    mintPeerToken(workspace: { uid: string; name: string }): Promise<string> {
        const issuedAt = Math.floor(this.deps.clock.now() / 1000);
        const claims: IdentityClaims = {
            iss: this.deps.issuer,
            aud: COLLAB_AUDIENCE,
            sub: PEER_SUBJECT,
            sid: PEER_SUBJECT,
            grant: PEER_SUBJECT,
            role: 'controller',
            ws: workspace.name,
            rooms: [{ pattern: rooms.all(workspace.uid), access: 'write' }],
            iat: issuedAt,
            exp: issuedAt + IDENTITY_TOKEN_LIFETIME_MS / 1000,
            jti: randomToken(16),
        };
        return this.deps.keys.sign(claims);
    }

    onDidRevoke(listener: (revocation: Revocation) => void): Disposable {
        return this.deps.revocations.onDidRevoke(listener);
    }

    /** Forgets handles whose time is long over: until then their holders are told that it is. */
    async sweep(): Promise<void> {
        const forgotten = this.deps.clock.now() - EXPIRED_KEPT_MS;
        for (const [hash, handle] of this.handles) {
            if (handle.expiresAtMs <= forgotten) {
                this.handles.delete(hash);
            }
        }
        await this.deps.database.query('DELETE FROM workspace_handle WHERE expires_at <= ?', [forgotten]);
    }

    private boundRight(workspace: Workspace, user: string, grantId: string): WorkspaceRight | undefined {
        if (grantId === OWNER_GRANT) {
            return workspace.spec.owner === user ? { grantId, role: 'owner', run: true, expiresAtMs: undefined } : undefined;
        }
        const grant = this.deps.rights.grantByUid(grantId);
        return grant !== undefined && grant.spec.subject === user && !grant.spec.revoked && grant.metadata.deletedAt === undefined
            ? rightOf(grant)
            : undefined;
    }

    /** What anybody has who only knows the address. */
    private publicAccess(workspaceName: string, port: number): WorkspaceAccess | undefined {
        const { rights } = this.deps;
        const workspace = rights.workspace(workspaceName);
        const right = workspace && rights.rightToPort(workspace, port, undefined);
        if (workspace === undefined || right === undefined) {
            return undefined;
        }
        const { name, uid, namespace } = workspace.metadata;
        return {
            sessionId: '',
            user: { name: '', displayName: '' },
            grantId: right.grantId,
            role: right.role,
            run: false,
            workspace: { name, uid, namespace },
            port,
            anonymous: true,
            expiresAtMs: right.expiresAtMs ?? Infinity,
        };
    }

    /** `api-x7k2` of `api-x7k2.ws.example.com:7400` and, with the port, of `5173--api-x7k2.ws.example.com`. */
    private placeOfHost(host: string): { workspace: string; port?: number } | undefined {
        const name = host.toLowerCase().replace(/:\d+$/, '');
        const suffix = `.${this.deps.contentDomain.toLowerCase()}`;
        if (!name.endsWith(suffix)) {
            return undefined;
        }
        const label = name.slice(0, -suffix.length);
        const at = label.indexOf(PORT_HOST_SEPARATOR);
        return at < 0
            ? { workspace: label }
            : { workspace: label.slice(at + PORT_HOST_SEPARATOR.length), port: Number(label.slice(0, at)) };
    }
}

function noRight(grantId: string | undefined, port: number | undefined): AccessRefusal {
    if (port !== undefined && grantId?.startsWith(PORT_GRANT_PREFIX) === true) {
        return { refused: 'revoked', explanation: `Port ${port} is no longer shared with you. Ask the owner of the workspace.` };
    }
    return grantId === undefined
        ? { refused: 'denied', explanation: 'You have no access to this workspace. Ask its owner to let you in.' }
        : { refused: 'revoked', explanation: 'Your access to this workspace was revoked. Ask its owner to let you in again.' };
}

/** What a role may do with the rooms of a workspace. */
export function roomsFor(workspaceUid: string, role: GrantRole): { pattern: string; access: RoomAccess }[] {
    const edits = role === 'editor' || role === 'owner';
    return [
        { pattern: `w/${workspaceUid}/f/*`, access: edits ? 'write' : 'read' },
        { pattern: rooms.state(workspaceUid), access: 'read' },
        { pattern: rooms.shared(workspaceUid), access: edits ? 'write' : 'read' },
        { pattern: rooms.threads(workspaceUid), access: edits ? 'write' : role === 'commenter' ? 'comment' : 'read' },
    ];
}
