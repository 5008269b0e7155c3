import { Type, type Static, type TSchema } from 'typebox';
import { RESOURCE_API_VERSION } from './names.ts';

/*
 * The kinds. The subset of JSON Schema used here is structural in Kubernetes: string enums, no unions, bounds on
 * every string, array and map. Secrets never appear in a resource.
 */

const text = (maxLength: number, options: object = {}) => Type.String({ maxLength, ...options });
const oneOf = <const Values extends readonly string[]>(values: Values, options: object = {}) =>
    Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options });
const timestamp = () => text(40, { format: 'date-time' });

/** Host label and resource name: `[a-z][a-z0-9-]{1,20}[a-z0-9]` without `--`, see `isWorkspaceName`. */
export const ResourceName = text(63, { pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' });

export const ObjectMeta = Type.Object({
    namespace: text(63),
    name: ResourceName,
    /** Unique for ever: a second object of the same name has another uid. */
    uid: text(36),
    /** Opaque; changes with every write. Writes that carry a stale one are refused. */
    resourceVersion: text(32),
    /** Counts changes of `spec`. */
    generation: Type.Integer({ minimum: 1 }),
    labels: Type.Record(text(63), text(63), { maxProperties: 32 }),
    annotations: Type.Record(text(128), text(4096), { maxProperties: 32 }),
    finalizers: Type.Array(text(63), { maxItems: 16 }),
    createdAt: timestamp(),
    /** Set once deletion was asked for; the object goes when its finalizers are done. */
    deletedAt: Type.Optional(timestamp()),
});
export type ObjectMeta = Static<typeof ObjectMeta>;

export const Condition = Type.Object({
    type: text(64),
    status: oneOf(['True', 'False', 'Unknown']),
    /** CamelCase and stable: programs branch on it. */
    reason: text(64),
    /** For people: what is the case and what to do. */
    message: text(2048),
    lastTransitionAt: timestamp(),
    observedGeneration: Type.Integer({ minimum: 0 }),
});
export type Condition = Static<typeof Condition>;
const conditions = Type.Array(Condition, { maxItems: 16 });

function resource<const Kind extends string, Spec extends TSchema, Status extends TSchema>(kind: Kind, spec: Spec, status: Status) {
    return Type.Object({
        apiVersion: Type.Unsafe<typeof RESOURCE_API_VERSION>({ type: 'string', enum: [RESOURCE_API_VERSION] }),
        kind: Type.Unsafe<Kind>({ type: 'string', enum: [kind] }),
        metadata: ObjectMeta,
        spec,
        status,
    });
}

/** Where the files of a new workspace come from. Absent URL: an empty project. */
export const RepositorySource = Type.Object({
    url: text(2048),
    /** Branch, tag or commit; absent: the repository's default branch. */
    ref: Type.Optional(text(256)),
});
export type RepositorySource = Static<typeof RepositorySource>;

export const WORKSPACE_STATES = ['queued', 'preparing', 'running', 'hibernated', 'needs-attention', 'failed'] as const;
export type WorkspaceState = (typeof WORKSPACE_STATES)[number];

export const WORKSPACE_STAGES = ['queued', 'claimed', 'cloning', 'preparing', 'ready'] as const;
export type WorkspaceStage = (typeof WORKSPACE_STAGES)[number];

export const StageProgress = Type.Object({
    stage: oneOf(WORKSPACE_STAGES),
    startedAt: timestamp(),
    endedAt: Type.Optional(timestamp()),
    /** 0 to 100 where it is known. */
    percent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    /** One line for people: "Receiving objects, 41 MB". */
    detail: Type.Optional(text(256)),
});
export type StageProgress = Static<typeof StageProgress>;

/** Who may use a shared port, fewest first. `public` needs the team's `publicPorts`. */
export const PORT_AUDIENCES = ['team', 'signed-in', 'public'] as const;
export type PortAudience = (typeof PORT_AUDIENCES)[number];
export const SharedPort = Type.Object({
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    audience: oneOf(PORT_AUDIENCES),
    /** Absent: until it is taken back. */
    expiresAt: Type.Optional(timestamp()),
});
export type SharedPort = Static<typeof SharedPort>;

export const WorkspaceSpec = Type.Object({
    /** Name of the `User` who owns it. */
    owner: ResourceName,
    displayName: text(80),
    templateRef: ResourceName,
    source: Type.Optional(RepositorySource),
    /** What is wanted; what is stands in `status.state`. */
    operatingMode: oneOf(['Running', 'Hibernated']),
    /** Not hibernated for idleness before this moment, up to the template's ceiling. */
    keepAwakeUntil: Type.Optional(timestamp()),
    /** Raised to ask for the first preparation again after it failed. */
    prepareAttempt: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Ports that others than its owner may use; all others are private. */
    sharedPorts: Type.Optional(Type.Array(SharedPort, { maxItems: 64 })),
});
export const WorkspaceStatus = Type.Object({
    observedGeneration: Type.Integer({ minimum: 0 }),
    state: oneOf(WORKSPACE_STATES),
    /** In one sentence why it is in this state, when that is not plain. */
    reason: Type.Optional(text(1024)),
    /** Error code of the table when `state` is failed or needs-attention. */
    reasonCode: Type.Optional(text(64)),
    /** 1-based place in the team's queue while queued. */
    queuePosition: Type.Optional(Type.Integer({ minimum: 1 })),
    stages: Type.Array(StageProgress, { maxItems: 8 }),
    /** True once the sources are in place; a resume does not clone again. */
    prepared: Type.Boolean(),
    /** The last `spec.prepareAttempt` that ended in a failure; a higher one asks again. */
    failedPrepareAttempt: Type.Optional(Type.Integer({ minimum: 0 })),
    claim: Type.Optional(
        Type.Object({
            uid: text(36),
            /** Raised with every claim and resume; the workspace refuses lower ones. */
            generation: Type.Integer({ minimum: 1 }),
            launch: oneOf(['warm', 'cold', 'resumed']),
        }),
    ),
    /** Identifies one start of the runtime; a new start has a new one. */
    bootId: Type.Optional(text(36)),
    lastActivityAt: Type.Optional(timestamp()),
    /** In one sentence what keeps it awake and when it will stop. */
    idle: Type.Optional(
        Type.Object({
            keptAwakeBy: oneOf(['input', 'job', 'task', 'debug', 'keep-awake', 'nothing']),
            sentence: text(256),
            hibernatesAt: Type.Optional(timestamp()),
        }),
    ),
    branch: Type.Optional(text(256)),
    /** Files with changes that are not committed, as git counts them. */
    uncommittedFiles: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Space its files take, as last measured while it ran; counts against the disk quota. */
    diskMiB: Type.Optional(Type.Integer({ minimum: 0 })),
    restarts: Type.Integer({ minimum: 0 }),
    conditions,
});
export const Workspace = resource('Workspace', WorkspaceSpec, WorkspaceStatus);
export type Workspace = Static<typeof Workspace>;

export const WorkspaceTemplateSpec = Type.Object({
    displayName: text(80),
    description: text(1024),
    /** Repository that new workspaces of this template begin with. */
    source: Type.Optional(RepositorySource),
    /** Shell command run once in the project after cloning, with its output in the workspace's log. */
    prepareCommand: Type.Optional(text(4096)),
    idleTimeoutMinutes: Type.Integer({ minimum: 1, maximum: 10080 }),
    keepAwakeCeilingMinutes: Type.Integer({ minimum: 1, maximum: 43200 }),
    memoryMiB: Type.Integer({ minimum: 256, maximum: 1048576 }),
    environment: Type.Record(text(128), text(4096), { maxProperties: 64 }),
});
export const WorkspaceTemplate = resource(
    'WorkspaceTemplate',
    WorkspaceTemplateSpec,
    Type.Object({ observedGeneration: Type.Integer({ minimum: 0 }), conditions }),
);
export type WorkspaceTemplate = Static<typeof WorkspaceTemplate>;

export const WorkspacePoolSpec = Type.Object({
    templateRef: ResourceName,
    /** How many started workspaces wait to be claimed. */
    size: Type.Integer({ minimum: 0, maximum: 100 }),
});
export const WorkspacePoolStatus = Type.Object({
    observedGeneration: Type.Integer({ minimum: 0 }),
    ready: Type.Integer({ minimum: 0 }),
    starting: Type.Integer({ minimum: 0 }),
    conditions,
});
export const WorkspacePool = resource('WorkspacePool', WorkspacePoolSpec, WorkspacePoolStatus);
export type WorkspacePool = Static<typeof WorkspacePool>;

export const Quota = Type.Object({
    maxRunning: Type.Optional(Type.Integer({ minimum: 0 })),
    maxWorkspaces: Type.Optional(Type.Integer({ minimum: 0 })),
    maxDiskMiB: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type Quota = Static<typeof Quota>;

export const TEAM_ROLES = ['lead', 'developer'] as const;
export const TeamSpec = Type.Object({
    displayName: text(80),
    members: Type.Array(Type.Object({ user: ResourceName, role: oneOf(TEAM_ROLES) }), { maxItems: 2000 }),
    /** For the whole team. */
    quota: Quota,
    /** For each member. */
    memberQuota: Quota,
    /** Whether ports of its workspaces may be shared with everybody, without sign-in. An admin decides. */
    publicPorts: Type.Optional(Type.Boolean()),
});
export const Team = resource('Team', TeamSpec, Type.Object({ observedGeneration: Type.Integer({ minimum: 0 }), conditions }));
export type Team = Static<typeof Team>;

export const UserSpec = Type.Object({
    displayName: text(80),
    email: text(254),
    admin: Type.Boolean(),
    disabled: Type.Boolean(),
    /** Git author, when it differs from display name and e-mail. */
    git: Type.Optional(Type.Object({ name: text(80), email: text(254) })),
    dotfiles: Type.Optional(RepositorySource),
});
export const User = resource('User', UserSpec, Type.Object({ observedGeneration: Type.Integer({ minimum: 0 }), conditions }));
export type User = Static<typeof User>;

export const GRANT_ROLES = ['viewer', 'commenter', 'editor', 'owner'] as const;
export type GrantRole = (typeof GRANT_ROLES)[number];
export const AccessGrantSpec = Type.Object({
    workspaceRef: ResourceName,
    /** Name of the `User` who is let in. */
    subject: ResourceName,
    role: oneOf(GRANT_ROLES),
    /** Terminal, tasks, debugging, extensions, ports: full access to the workspace. */
    run: Type.Boolean(),
    reason: text(1024),
    grantedBy: ResourceName,
    expiresAt: Type.Optional(timestamp()),
    revoked: Type.Boolean(),
});
export const AccessGrantStatus = Type.Object({
    observedGeneration: Type.Integer({ minimum: 0 }),
    state: oneOf(['active', 'expired', 'revoked']),
    conditions,
});
export const AccessGrant = resource('AccessGrant', AccessGrantSpec, AccessGrantStatus);
export type AccessGrant = Static<typeof AccessGrant>;

/** Schema of each kind, by its name. */
export const KINDS = { Workspace, WorkspaceTemplate, WorkspacePool, Team, User, AccessGrant } as const;
export type Kind = keyof typeof KINDS;
export type ResourceOf<K extends Kind> = Static<(typeof KINDS)[K]>;
export type AnyResource = { [K in Kind]: ResourceOf<K> }[Kind];
/** Kinds that live in the install's namespace; the others live in their team's. */
export const INSTALL_KINDS: readonly Kind[] = ['User', 'Team', 'WorkspaceTemplate'];
