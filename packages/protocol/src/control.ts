import { Type, type Static } from 'typebox';
import { RepositorySource } from './resources.ts';

/*
 * The control socket: the controller dials `CONTROL_PATH` on the workspace's server with an identity token of role
 * `controller`, and both send JSON text frames of these types. A workspace has at most one live control socket; a newer
 * one replaces an older one. Messages with an `id` are answered with the same `id`.
 */

const text = (maxLength: number) => Type.String({ maxLength });
const message = <const Name extends string, Fields extends Record<string, import('typebox').TSchema>>(type: Name, fields: Fields) =>
    Type.Object({ type: Type.Literal(type), ...fields });

export const PersonIdentity = Type.Object({ name: text(63), displayName: text(80), email: text(254) });
export type PersonIdentity = Static<typeof PersonIdentity>;

/** Makes a started workspace somebody's. Accepted when the generation is newer, or equal with a new boot id. */
export const Activate = message('activate', {
    id: text(36),
    claimUid: text(36),
    generation: Type.Integer({ minimum: 1 }),
    bootId: text(36),
    workspace: Type.Object({ name: text(63), uid: text(36), namespace: text(63), displayName: text(80), templateName: text(80) }),
    owner: PersonIdentity,
    git: Type.Object({ name: text(80), email: text(254) }),
    /** Environment of terminals and tasks; never secrets. */
    environment: Type.Record(text(128), text(4096)),
    portalUrl: text(512),
    /** Host keys that the administrator trusts, as lines of a `known_hosts` file. */
    sshKnownHosts: Type.Optional(text(32_768)),
});
export type Activate = Static<typeof Activate>;

/** Puts the sources in place: clone, dotfiles, prepare command; progress is reported, a second call is a no-op. */
export const Prepare = message('prepare', {
    id: text(36),
    source: Type.Optional(RepositorySource),
    dotfiles: Type.Optional(RepositorySource),
    prepareCommand: Type.Optional(text(4096)),
});
export type Prepare = Static<typeof Prepare>;

export const ControllerMessage = {
    activate: Activate,
    prepare: Prepare,
    cancelPrepare: message('cancel-prepare', { id: text(36) }),
    /** Saves what is unsaved, ends terminals and exits with 0 before the deadline. */
    stop: message('stop', { id: text(36), reason: text(256), deadlineMs: Type.Integer({ minimum: 0 }) }),
    /** Shown in every open IDE page. */
    notify: message('notify', { severity: Type.Unsafe<'info' | 'warning' | 'error'>({ type: 'string' }), text: text(1024) }),
    /** State of the idle clock, for the IDE's status bar and warning. */
    idle: message('idle', { sentence: text(256), hibernatesAt: Type.Optional(text(40)), warn: Type.Boolean() }),
    /** Public keys that sign identity tokens (a JWKS). */
    keys: message('keys', { jwks: Type.Object({ keys: Type.Array(Type.Record(text(64), Type.Unknown()), { maxItems: 16 }) }) }),
    /** Grants and sessions that ended: the workspace closes their connections. */
    revoke: message('revoke', { kind: text(16), revokedId: text(128), reason: text(256) }),
    credential: message('credential', {
        id: text(36),
        username: Type.Optional(text(256)),
        password: Type.Optional(text(8192)),
        /** Why there is none, for the person. */
        refused: Type.Optional(text(512)),
    }),
    /** Answers `ssh-key-request`. */
    sshKey: message('ssh-key', {
        id: text(36),
        /** `ssh-ed25519 AAAA… comment`; absent when the owner has no key. */
        publicKey: Type.Optional(text(1024)),
        /** Why the question has no answer, for the person. */
        refused: Type.Optional(text(512)),
    }),
    /** Answers `ssh-sign-request`. */
    sshSignature: message('ssh-signature', {
        id: text(36),
        /** 64 bytes of Ed25519, base64. */
        signature: Type.Optional(text(128)),
        refused: Type.Optional(text(512)),
    }),
    /** Opens the collaboration server for the workspace's own peer: an address (`ws(s)://…`) and a five-minute token. */
    collabToken: message('collab-token', { id: text(36), url: text(512), token: text(8192) }),
    ping: message('ping', {}),
} as const;

export const WorkspaceMessage = {
    hello: message('hello', {
        bootId: text(36),
        pid: Type.Integer(),
        version: text(32),
        /** The claim kept on the volume, when there is one. */
        claim: Type.Optional(Type.Object({ uid: text(36), generation: Type.Integer(), owner: text(63) })),
        prepared: Type.Boolean(),
    }),
    activated: message('activated', { id: text(36), generation: Type.Integer() }),
    refused: message('refused', { id: text(36), code: text(64), reason: text(512) }),
    progress: message('progress', {
        stage: Type.Unsafe<'cloning' | 'preparing'>({ type: 'string', enum: ['cloning', 'preparing'] }),
        percent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
        detail: Type.Optional(text(256)),
    }),
    prepared: message('prepared', { id: text(36) }),
    prepareFailed: message('prepare-failed', {
        id: text(36),
        stage: Type.Unsafe<'cloning' | 'preparing'>({ type: 'string', enum: ['cloning', 'preparing'] }),
        /** `git-unreachable`, `git-auth`, `git-ref-not-found`, `git-not-found`, `git-host-key`, `disk-full`, `cancelled`, `prepare-command`, `internal`. */
        code: text(64),
        reason: text(1024),
        log: text(16384),
    }),
    stopping: message('stopping', { id: text(36) }),
    /** At most every 15 s, and at once when something starts or ends. */
    activity: message('activity', {
        /** Milliseconds since the last key or pointer input of any person, absent when there was none. */
        sinceInputMs: Type.Optional(Type.Integer({ minimum: 0 })),
        /** Foreground jobs of terminals that use CPU, print or serve port traffic: their command lines, shortened. */
        jobs: Type.Array(text(128), { maxItems: 16 }),
        taskRunning: Type.Boolean(),
        debugRunning: Type.Boolean(),
        connections: Type.Integer({ minimum: 0 }),
        branch: Type.Optional(text(256)),
        uncommittedFiles: Type.Optional(Type.Integer({ minimum: 0 })),
        diskMiB: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
    keepAwake: message('keep-awake', { minutes: Type.Integer({ minimum: 1, maximum: 43200 }) }),
    credentialRequest: message('credential-request', {
        id: text(36),
        protocol: text(16),
        host: text(256),
        path: Type.Optional(text(2048)),
    }),
    /** Asks for the public part of the owner's SSH key. */
    sshKeyRequest: message('ssh-key-request', { id: text(36) }),
    /** Asks for a signature with the owner's SSH key, which never leaves the controller. */
    sshSignRequest: message('ssh-sign-request', {
        id: text(36),
        /** The public key that is to sign, in SSH's wire format, base64. */
        key: text(1024),
        /** What is signed, base64. */
        data: text(32_768),
    }),
    collabTokenRequest: message('collab-token-request', { id: text(36) }),
    pong: message('pong', {}),
} as const;

type MessageOf<Table extends Record<string, import('typebox').TSchema>> = { [K in keyof Table]: Static<Table[K]> }[keyof Table];
export type ControllerMessage = MessageOf<typeof ControllerMessage>;
export type WorkspaceMessage = MessageOf<typeof WorkspaceMessage>;

/** The control channel's messages are at most this many bytes. */
export const MAX_CONTROL_MESSAGE_BYTES = 64 * 1024;
