import type { GrantRole, Revocation } from '@tandem/protocol';
import type { Disposable } from '@tandem/server-kit';

/** Who is behind a workspace origin's cookie, and with which rights. */
export interface WorkspaceAccess {
    sessionId: string;
    user: { name: string; displayName: string };
    /** Id of the grant; `owner` for the owner. */
    grantId: string;
    role: GrantRole;
    run: boolean;
    workspace: { name: string; uid: string; namespace: string };
    /** The only port that it is for, because it is shared; absent: it is for the workspace and, with `run`, its ports. */
    port?: number;
    /** Nobody is signed in: the port is shared with everybody. */
    anonymous?: true;
    /** Milliseconds since the epoch: when session or grant ends by itself. */
    expiresAtMs: number;
}

/** Why a request is not let in; `explanation` is for the person. */
export interface AccessRefusal {
    refused: 'no-cookie' | 'signed-out' | 'revoked' | 'expired' | 'denied';
    explanation: string;
}

/**
 * The gateway's own copy of sessions, grants and workspace handles: lookups are in memory and synchronous, so that an
 * absent controller breaks nothing.
 */
export interface WorkspaceAccessRegistry {
    /** Makes the one-time code that hands a portal session over to a workspace origin. */
    mintCode(access: WorkspaceAccess): Promise<string>;
    /** Redeems a code once, for the host it was made for; the answer is the cookie's value. */
    redeemCode(code: string, host: string): Promise<{ handle: string; access: WorkspaceAccess } | AccessRefusal>;
    /** Checks a cookie's value for a workspace's host, or for the host of one of its ports. */
    lookup(handle: string | undefined, workspaceName: string, port?: number): WorkspaceAccess | AccessRefusal;
    /** Five-minute EdDSA token for one upstream connection; `roomsFor` audiences carry room patterns. */
    mintIdentity(access: WorkspaceAccess, audience: string, generation: number): Promise<string>;
    /** Told at once about everything that ended. */
    onDidRevoke(listener: (revocation: Revocation) => void): Disposable;
    /** True while the revocation feed was heard within its limit; when false no new upgrade is admitted. */
    readonly feedAlive: boolean;
}
