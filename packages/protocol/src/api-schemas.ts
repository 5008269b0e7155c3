import { Type, type Static } from 'typebox';
import { GRANT_ROLES, PORT_AUDIENCES, Quota, RepositorySource, ResourceName, TEAM_ROLES, WorkspaceTemplateSpec } from './resources.ts';

/* Bodies and answers of the HTTP API that are not resources themselves. */

const text = (maxLength: number, options: object = {}) => Type.String({ maxLength, ...options });
const oneOf = <const Values extends readonly string[]>(values: Values) =>
    Type.Unsafe<Values[number]>({ type: 'string', enum: [...values] });
const time = () => text(40, { format: 'date-time' });

/** Error body of every route (RFC 9457). */
export const Problem = Type.Object({
    type: text(256),
    title: text(256),
    status: Type.Integer(),
    /** Code of `ERROR_CODES`; branch on this. */
    code: text(64),
    detail: Type.Optional(text(2048)),
    /** JSON pointer to the value that was wrong. */
    pointer: Type.Optional(text(256)),
    requestId: Type.Optional(text(64)),
});
export type Problem = Static<typeof Problem>;

export const Page = <T extends import('typebox').TSchema>(item: T) =>
    Type.Object({
        items: Type.Array(item),
        /** Pass as `cursor` for the next page; absent on the last. */
        nextCursor: Type.Optional(text(512)),
        /** Resource version of the list: pass to the event stream as `since` to miss nothing. */
        version: Type.Optional(text(32)),
    });

export const PageQuery = {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: Type.Optional(text(512)),
};

export const SignInOptions = Type.Object({
    password: Type.Boolean(),
    passkey: Type.Boolean(),
    /** OpenID providers: where to send the browser. */
    providers: Type.Array(Type.Object({ id: text(64), name: text(80), url: text(2048) })),
    /** True until the first admin has signed in with the printed link. */
    awaitsFirstAdmin: Type.Boolean(),
});

/** What the page needs to act as the signed-in person. */
export const Session = Type.Object({
    user: Type.Object({ name: ResourceName, displayName: text(80), email: text(254), admin: Type.Boolean() }),
    teams: Type.Array(Type.Object({ name: ResourceName, displayName: text(80), role: oneOf(TEAM_ROLES) })),
    /** Sent as `REQUEST_SECRET_HEADER` with every call that uses the cookie and changes something; kept in origin storage. */
    requestSecret: Type.Optional(text(128)),
    expiresAt: time(),
    /** True when this person can also sign in by password or passkey; a link-only person should set one. */
    hasCredential: Type.Boolean(),
    version: text(32),
});
export type Session = Static<typeof Session>;

export const PasskeySummary = Type.Object({
    id: text(64),
    name: text(80),
    createdAt: time(),
    lastUsedAt: Type.Optional(time()),
});
export const RenamePasskey = Type.Object({ name: text(80, { minLength: 1 }) });

export const SessionSummary = Type.Object({
    id: text(64),
    createdAt: time(),
    lastSeenAt: time(),
    userAgent: text(512),
    address: text(64),
    current: Type.Boolean(),
});

export const PasswordSignIn = Type.Object({ email: text(254), password: text(1024) });
export const LinkSignIn = Type.Object({ token: text(128) });

export const CreateInvitation = Type.Object({
    email: text(254, { format: 'email' }),
    displayName: Type.Optional(text(80)),
    admin: Type.Optional(Type.Boolean()),
    team: Type.Optional(ResourceName),
    role: Type.Optional(oneOf(TEAM_ROLES)),
});
export const Invitation = Type.Object({
    id: text(64),
    email: text(254),
    displayName: text(80),
    admin: Type.Boolean(),
    team: Type.Optional(ResourceName),
    role: Type.Optional(oneOf(TEAM_ROLES)),
    invitedBy: ResourceName,
    createdAt: time(),
    expiresAt: time(),
    /** Only in the answer to its creation. */
    url: Type.Optional(text(2048)),
});
export const AcceptInvitation = Type.Object({
    displayName: text(80, { minLength: 1 }),
    /** Absent when a passkey is registered right after. */
    password: Type.Optional(text(1024, { minLength: 10 })),
});

export const UpdateUser = Type.Object({ admin: Type.Optional(Type.Boolean()), disabled: Type.Optional(Type.Boolean()) });
export const UpdateMe = Type.Object({
    displayName: Type.Optional(text(80, { minLength: 1 })),
    /** Admins only: sign-in by a provider goes by the address. */
    email: Type.Optional(text(254, { format: 'email' })),
    git: Type.Optional(Type.Object({ name: text(80, { minLength: 1 }), email: text(254) })),
    dotfiles: Type.Optional(RepositorySource),
});
export const SetPassword = Type.Object({ current: Type.Optional(text(1024)), password: text(1024, { minLength: 10 }) });

export const GitCredential = Type.Object({ host: text(256), username: text(256), createdAt: time() });
export const PutGitCredential = Type.Object({ username: text(256), password: text(8192, { minLength: 1 }) });

export const API_TOKEN_SCOPES = ['read', 'write', 'admin'] as const;
export const CreateToken = Type.Object({
    name: text(80, { minLength: 1 }),
    scope: oneOf(API_TOKEN_SCOPES),
    expiresInDays: Type.Integer({ minimum: 1, maximum: 365 }),
});
export const ApiToken = Type.Object({
    id: text(64),
    name: text(80),
    scope: oneOf(API_TOKEN_SCOPES),
    createdAt: time(),
    expiresAt: time(),
    lastUsedAt: Type.Optional(time()),
    /** Only in the answer to its creation. */
    token: Type.Optional(text(256)),
});

export const CreateWorkspace = Type.Object({
    /** Absent: made from the repository's name plus four characters. */
    name: Type.Optional(text(22)),
    displayName: Type.Optional(text(80)),
    template: Type.Optional(ResourceName),
    source: Type.Optional(RepositorySource),
});
export type CreateWorkspace = Static<typeof CreateWorkspace>;
export const UpdateWorkspace = Type.Object({ displayName: Type.Optional(text(80, { minLength: 1 })) });
export const DeleteWorkspace = Type.Object({ confirmName: text(80) });
export const KeepAwake = Type.Object({ minutes: Type.Integer({ minimum: 1, maximum: 43200 }) });
/** A URL that signs one browser in to one workspace once. */
export const OpenWorkspace = Type.Object({ url: text(4096), expiresAt: time() });
export const WorkspacePort = Type.Object({
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    process: text(128),
    url: text(512),
    /** Whether a program listens there now; a shared port may wait for one. */
    listening: Type.Boolean(),
    /** Absent: private. */
    audience: Type.Optional(oneOf(PORT_AUDIENCES)),
    /** When sharing ends by itself. */
    expiresAt: Type.Optional(time()),
});
export type WorkspacePort = Static<typeof WorkspacePort>;
export const SharePort = Type.Object({
    audience: oneOf(PORT_AUDIENCES),
    /** For how long; absent: until it is taken back. */
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 43_200 })),
});
export const WorkspaceLog = Type.Object({ text: text(1048576) });

export const PutTemplate = Type.Object({ name: ResourceName, spec: WorkspaceTemplateSpec });
export const CreateTeam = Type.Object({ name: ResourceName, displayName: text(80, { minLength: 1 }) });
export const UpdateTeam = Type.Object({
    displayName: Type.Optional(text(80, { minLength: 1 })),
    quota: Type.Optional(Quota),
    memberQuota: Type.Optional(Quota),
    /** An admin's alone. */
    publicPorts: Type.Optional(Type.Boolean()),
});
export const SetMember = Type.Object({ role: oneOf(TEAM_ROLES) });
export const SetPool = Type.Object({ template: ResourceName, size: Type.Integer({ minimum: 0, maximum: 100 }) });

export const CreateGrant = Type.Object({
    subject: ResourceName,
    role: oneOf(GRANT_ROLES),
    run: Type.Boolean(),
    reason: text(1024),
    durationMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 525600 })),
});

export const AUDIT_OUTCOMES = ['allowed', 'denied', 'failed', 'interrupted'] as const;
/** One entry of the hash-chained audit log. */
export const AuditEntry = Type.Object({
    sequence: Type.Integer({ minimum: 1 }),
    at: time(),
    /** Name of the user, or `system`. */
    actor: text(64),
    /** `workspace.create`, `session.sign-in` … */
    action: text(64),
    /** `Workspace/team-home/api-x7k2` … */
    target: text(256),
    /** `interrupted`: the platform ended meanwhile, so whether it was done is not known. */
    outcome: oneOf(AUDIT_OUTCOMES),
    address: Type.Optional(text(64)),
    /** The grant it was done under. */
    grant: Type.Optional(text(64)),
    detail: Type.Record(text(64), text(1024)),
    previousHash: text(64),
    hash: text(64),
});
export type AuditEntry = Static<typeof AuditEntry>;
export const AuditVerdict = Type.Object({
    ok: Type.Boolean(),
    entries: Type.Integer(),
    /** Sequence of the first entry that does not fit, and what is wrong with it. */
    brokenAt: Type.Optional(Type.Integer()),
    reason: Type.Optional(text(512)),
});

export const SharedMachine = Type.Object({
    /** Whether each workspace runs under an OS user of its own. */
    isolated: Type.Boolean(),
    /** Whether an admin accepted that people on this machine can read each other's files. */
    accepted: Type.Boolean(),
});
