import {
    OWNER_GRANT,
    TEAM_NAMESPACE_PREFIX,
    type AccessGrant,
    type AnyResource,
    type GrantRole,
    type Kind,
    type ResourceOf,
    type Team,
    type User,
    type Workspace,
} from '@tandem/protocol';
import { Emitter, type Clock, type Logger } from '@tandem/server-kit';
import { letsIn, portGrantId, shareOf } from '../domain/port-sharing.ts';
import type { ResourceStore, Watch, WatchEvent } from '../store/resource-store.ts';

const INDEXED: readonly Kind[] = ['User', 'Team', 'AccessGrant', 'Workspace'];
const RESTART_MS = 1_000;

/** With which rights a person may use a workspace's insides. */
export interface WorkspaceRight {
    /** Uid of the grant; `owner` for the owner. */
    grantId: string;
    role: GrantRole;
    run: boolean;
    /** When the grant ends by itself. */
    expiresAtMs: number | undefined;
    /** The only port that it is for; absent: it is for the workspace. */
    port?: number;
}

/**
 * Users, teams, grants and workspaces in memory, fed by the store's watch, so that "may they?" is answered without
 * waiting. After a write of its own a caller hands the result to `apply`, so that it reads what it wrote.
 */
export class RightsIndex {
    private readonly objects = new Map<Kind, Map<string, AnyResource>>(INDEXED.map((kind) => [kind, new Map<string, AnyResource>()]));
    private readonly emitter = new Emitter<WatchEvent>();
    private readonly store: ResourceStore;
    private readonly clock: Clock;
    private readonly logger: Logger;
    private watch: Watch | undefined;
    private closed = false;
    private lostAtMs: number | undefined;
    private seenVersion = '0';

    /** Every change of an indexed kind, after the index has it. */
    readonly onDidChange = this.emitter.event;

    private constructor(store: ResourceStore, clock: Clock, logger: Logger) {
        this.store = store;
        this.clock = clock;
        this.logger = logger;
    }

    static async open(store: ResourceStore, clock: Clock, logger: Logger): Promise<RightsIndex> {
        const index = new RightsIndex(store, clock, logger);
        await index.fill();
        return index;
    }

    /** For how long the index has not heard of the store, in milliseconds; 0 while it listens. */
    get silentForMs(): number {
        return this.lostAtMs === undefined ? 0 : this.clock.now() - this.lostAtMs;
    }

    /** What the index has seen of the store: a watch from here misses nothing that the index does not show. */
    get version(): string {
        return this.seenVersion;
    }

    user(name: string): User | undefined {
        return this.get('User', name);
    }

    users(): User[] {
        return this.all('User');
    }

    userByEmail(email: string): User | undefined {
        const wanted = email.trim().toLowerCase();
        return this.users().find((user) => user.spec.email.toLowerCase() === wanted);
    }

    team(name: string): Team | undefined {
        return this.get('Team', name);
    }

    teams(): Team[] {
        return this.all('Team');
    }

    teamsOf(user: string): { team: Team; role: 'lead' | 'developer' }[] {
        return this.teams().flatMap((team) => {
            const member = team.spec.members.find((entry) => entry.user === user);
            return member === undefined ? [] : [{ team, role: member.role }];
        });
    }

    /** By name: workspace names are unique in the install. */
    workspace(name: string): Workspace | undefined {
        return this.get('Workspace', name);
    }

    teamOf({ metadata }: Workspace): Team | undefined {
        return this.team(metadata.namespace.slice(TEAM_NAMESPACE_PREFIX.length));
    }

    /** The right to one port that is shared with a person (`undefined`: with everybody); no other insides go with it. */
    rightToPort(workspace: Workspace, port: number, user: string | undefined): WorkspaceRight | undefined {
        const share = shareOf(workspace, port, this.clock.now());
        if (share === undefined || workspace.metadata.deletedAt !== undefined || !letsIn(share, this.teamOf(workspace), user)) {
            return undefined;
        }
        const expiresAtMs = share.expiresAt === undefined ? undefined : Date.parse(share.expiresAt);
        return { grantId: portGrantId(workspace.metadata.uid, port), role: 'viewer', run: false, expiresAtMs, port };
    }

    workspaces(): Workspace[] {
        return this.all('Workspace');
    }

    grants(): AccessGrant[] {
        return this.all('AccessGrant');
    }

    grantByUid(uid: string): AccessGrant | undefined {
        return this.grants().find((grant) => grant.metadata.uid === uid);
    }

    isActive(grant: AccessGrant): boolean {
        const { revoked, expiresAt } = grant.spec;
        return !revoked && grant.metadata.deletedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > this.clock.now());
    }

    /** The strongest right of a person to a workspace's insides; `undefined` when there is none. */
    rightTo(workspace: Workspace, user: string): WorkspaceRight | undefined {
        const person = this.user(user);
        if (person === undefined || person.spec.disabled || workspace.metadata.deletedAt !== undefined) {
            return undefined;
        }
        if (workspace.spec.owner === user) {
            return { grantId: OWNER_GRANT, role: 'owner', run: true, expiresAtMs: undefined };
        }
        const strength: Record<GrantRole, number> = { viewer: 0, commenter: 1, editor: 2, owner: 3 };
        const rights = this.grants()
            .filter((grant) => grant.spec.subject === user && isFor(grant, workspace) && this.isActive(grant))
            .sort((a, b) => strength[b.spec.role] - strength[a.spec.role] || Number(b.spec.run) - Number(a.spec.run));
        const best = rights[0];
        return best === undefined ? undefined : rightOf(best);
    }

    /** Takes in an object that the caller has just written, ahead of the watch. */
    apply(object: AnyResource): void {
        this.take({ type: 'modified', kind: object.kind, object, version: object.metadata.resourceVersion });
    }

    async close(): Promise<void> {
        this.closed = true;
        this.watch?.close();
        return Promise.resolve();
    }

    private get<K extends Kind>(kind: K, name: string): ResourceOf<K> | undefined {
        return this.objects.get(kind)?.get(name) as ResourceOf<K> | undefined;
    }

    private all<K extends Kind>(kind: K): ResourceOf<K>[] {
        return [...(this.objects.get(kind)?.values() ?? [])] as ResourceOf<K>[];
    }

    private async fill(): Promise<void> {
        let since: string | undefined;
        for (const kind of INDEXED) {
            const seen = new Set<string>();
            let cursor: string | undefined;
            do {
                const page = await this.store.list(kind, { limit: 1000, cursor });
                // The watch starts at the oldest list: what it tells twice is taken once.
                since ??= page.version;
                for (const object of page.items) {
                    seen.add(object.metadata.name);
                    this.take({ type: 'modified', kind, object, version: object.metadata.resourceVersion });
                }
                cursor = page.nextCursor;
            } while (cursor !== undefined);
            for (const object of this.all(kind)) {
                if (!seen.has(object.metadata.name)) {
                    this.take({ type: 'deleted', kind, object, version: object.metadata.resourceVersion });
                }
            }
        }
        this.watch = await this.store.watch({ kinds: INDEXED, since });
        this.seenVersion = since ?? this.seenVersion;
        this.lostAtMs = undefined;
        void this.follow(this.watch);
    }

    private async follow(watch: Watch): Promise<void> {
        try {
            for await (const event of watch) {
                this.take(event);
                this.seenVersion = event.version;
            }
        } catch (error) {
            this.logger.error({ err: error }, 'The watch of users, teams and grants failed');
        }
        if (!this.closed) {
            this.lostAtMs ??= this.clock.now();
            this.clock.setTimeout(() => void this.refill(), RESTART_MS);
        }
    }

    private async refill(): Promise<void> {
        if (this.closed) {
            return;
        }
        try {
            await this.fill();
        } catch (error) {
            this.logger.error({ err: error }, 'Users, teams and grants could not be read again');
            this.clock.setTimeout(() => void this.refill(), RESTART_MS);
        }
    }

    private take(event: WatchEvent): void {
        const map = this.objects.get(event.kind);
        const { name, uid } = event.object.metadata;
        const known = map?.get(name);
        if (map === undefined) {
            return;
        }
        if (event.type === 'deleted') {
            if (known?.metadata.uid === uid) {
                map.delete(name);
                this.emitter.fire(event);
            }
            return;
        }
        if (known !== undefined && known.metadata.uid === uid && !isNewer(event.object, known)) {
            return;
        }
        map.set(name, event.object);
        this.emitter.fire({ ...event, type: known === undefined ? 'added' : 'modified' });
    }
}

/** Resource versions are decimal counters in every store (Kubernetes promises their order since 1.35). */
function isNewer(object: AnyResource, known: AnyResource): boolean {
    const [a, b] = [object.metadata.resourceVersion, known.metadata.resourceVersion];
    return a.length !== b.length ? a.length > b.length : a > b;
}

export function isFor(grant: AccessGrant, workspace: Workspace): boolean {
    return grant.metadata.namespace === workspace.metadata.namespace && grant.spec.workspaceRef === workspace.metadata.name;
}

export function rightOf(grant: AccessGrant): WorkspaceRight {
    const { role, run, expiresAt } = grant.spec;
    return { grantId: grant.metadata.uid, role, run, expiresAtMs: expiresAt === undefined ? undefined : Date.parse(expiresAt) };
}
