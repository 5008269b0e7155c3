import { Type, type Static } from 'typebox';

/** What a person may do with rooms of the collaboration server, weakest first. */
export const ROOM_ACCESS = ['read', 'comment', 'write'] as const;
export type RoomAccess = (typeof ROOM_ACCESS)[number];

/**
 * Claims of the identity token that the gateway mints for every upstream connection (EdDSA, five minutes).
 * Workspace and collaboration server verify it again.
 */
export const IdentityClaims = Type.Object({
    iss: Type.String({ maxLength: 256 }),
    /** `workspace:<uid>` or `collab`. */
    aud: Type.String({ maxLength: 128 }),
    /** Name of the `User`; `controller` for the control socket, `PEER_SUBJECT` for the workspace's own peer. */
    sub: Type.String({ maxLength: 64 }),
    /** Opaque id of the portal session. */
    sid: Type.String({ maxLength: 64 }),
    /** Opaque id of the grant; `owner` for the owner. */
    grant: Type.String({ maxLength: 64 }),
    role: Type.Unsafe<'viewer' | 'commenter' | 'editor' | 'owner' | 'controller'>({
        type: 'string',
        enum: ['viewer', 'commenter', 'editor', 'owner', 'controller'],
    }),
    /** Terminal, tasks, debugging and the like. */
    run: Type.Optional(Type.Boolean()),
    /** Name of the workspace. */
    ws: Type.Optional(Type.String({ maxLength: 64 })),
    /** Claim generation of the workspace. */
    gen: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Display name, for presence. */
    name: Type.Optional(Type.String({ maxLength: 80 })),
    /** Collaboration rooms: pattern (`*` one segment, `**` the rest) to access. */
    rooms: Type.Optional(
        Type.Array(
            Type.Object({
                pattern: Type.String({ maxLength: 256 }),
                access: Type.Unsafe<RoomAccess>({ type: 'string', enum: [...ROOM_ACCESS] }),
            }),
            { maxItems: 64 },
        ),
    ),
    iat: Type.Integer(),
    exp: Type.Integer(),
    jti: Type.Optional(Type.String({ maxLength: 64 })),
});
export type IdentityClaims = Static<typeof IdentityClaims>;

/** Audience of identity tokens for one workspace. */
export const workspaceAudience = (workspaceUid: string): string => `workspace:${workspaceUid}`;
/** Audience of identity tokens for the collaboration server. */
export const COLLAB_AUDIENCE = 'collab';
/** Subject of the peer in a workspace, which owns its files; no person can have this name. */
export const PEER_SUBJECT = 'tandem-peer';
/** Grant claim of a workspace's owner. */
export const OWNER_GRANT = 'owner';
