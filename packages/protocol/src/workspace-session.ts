import { Type, type Static } from 'typebox';
import { GRANT_ROLES, StageProgress, WORKSPACE_STATES } from './resources.ts';

/** What `GET /.tandem/session` of a workspace's origin says; always with status 200, also when signed out. */
export const WORKSPACE_SESSION_STATES = [
    /** Signed in, and the workspace answers. */
    'active',
    /** No sign-in here, or it ended by signing out. */
    'signed-out',
    /** The grant or the account was taken away. */
    'revoked',
    /** Session or grant ended by itself. */
    'expired',
    /** Signed in; the workspace sleeps. Opening the page wakes it. */
    'hibernated',
    /** Signed in; the workspace is on its way. */
    'starting',
    /** Signed in; the workspace does not come up by itself. */
    'unavailable',
] as const;
export type WorkspaceSessionStateName = (typeof WORKSPACE_SESSION_STATES)[number];

export const WorkspaceSessionState = Type.Object({
    state: Type.Unsafe<WorkspaceSessionStateName>({ type: 'string', enum: [...WORKSPACE_SESSION_STATES] }),
    /** One sentence for the person. */
    reason: Type.String({ maxLength: 1024 }),
    /** Code of `ERROR_CODES` or of the workspace's status, when there is one. */
    reasonCode: Type.Optional(Type.String({ maxLength: 64 })),
    /** Page of the portal that signs in and comes back here: append nothing, `to` is the origin's root. */
    openUrl: Type.String({ maxLength: 4096 }),
    portalUrl: Type.String({ maxLength: 512 }),
    /** False while the revocation feed is silent: new WebSockets are refused for now, open ones go on. */
    acceptsUpgrades: Type.Boolean(),
    /* The rest only while signed in. */
    user: Type.Optional(Type.Object({ name: Type.String({ maxLength: 63 }), displayName: Type.String({ maxLength: 80 }) })),
    role: Type.Optional(Type.Unsafe<(typeof GRANT_ROLES)[number]>({ type: 'string', enum: [...GRANT_ROLES] })),
    run: Type.Optional(Type.Boolean()),
    /** Goes into `REQUEST_SECRET_HEADER` of calls to `/.tandem/api/` that change something. */
    requestSecret: Type.Optional(Type.String({ maxLength: 64 })),
    expiresAt: Type.Optional(Type.String({ maxLength: 40 })),
    workspace: Type.Optional(
        Type.Object({
            name: Type.String({ maxLength: 63 }),
            displayName: Type.String({ maxLength: 80 }),
            state: Type.Unsafe<(typeof WORKSPACE_STATES)[number]>({ type: 'string', enum: [...WORKSPACE_STATES] }),
            stages: Type.Array(StageProgress, { maxItems: 8 }),
        }),
    ),
});
export type WorkspaceSessionState = Static<typeof WorkspaceSessionState>;
