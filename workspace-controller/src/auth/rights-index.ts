import {
    INSTALL_NAMESPACE,
    OWNER_GRANT,
    TEAM_NAMESPACE_PREFIX,
    type AccessGrant,
    type AnyResource,
    type GrantRole,
    type Kind,
    type Team,
    type User,
    type Workspace,
} from '@tandem/protocol';
import type { Clock, Logger } from '@tandem/server-kit';
import { letsIn, portGrantId, shareOf } from '../domain/port-sharing.ts';
import { Informer } from '../store/informer.ts';
import type { ResourceStore } from '../store/resource-store.ts';

const INDEXED: readonly Kind[] = ['User', 'Team', 'AccessGrant', 'Workspace'];

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
    private readonly informer: Informer;
    private readonly clock: Clock;
    /** Names of workspaces are unique in the install. */
    private readonly workspacesByName = new Map<string, Workspace>();

    /** Every change of an indexed kind, after the index has it. */
    readonly onDidChange: Informer['onDidChange'];

    private constructor(informer: Informer, clock: Clock) {
        this.informer = informer;
        this.clock = clock;
        this.onDidChange = informer.onDidChange;
        // The first listener: what it keeps is there for all that come after.
        informer.onDidChange(({ type, object }) => {
            if (object.kind !== 'Workspace') {
                return;
            }
            const { name, uid } = object.metadata;
            if (type !== 'deleted') {
                this.workspacesByName.set(name, object);
            } else if (this.workspacesByName.get(name)?.metadata.uid === uid) {
                this.workspacesByName.delete(name);
            }
        });
    }

    static async open(store: ResourceStore, clock: Clock, logger: Logger): Promise<RightsIndex> {
        const informer = new Informer(store, INDEXED, clock, logger);
        const index = new RightsIndex(informer, clock);
        await informer.start();
        return index;
    }

    /** For how long the index has not heard of the store, in milliseconds; 0 while it listens. */
    get silentForMs(): number {
        return this.informer.silentForMs;
    }

    /** What the index has seen of the store: a watch from here misses nothing that the index does not show. */
    get version(): string {
        return this.informer.version;
    }

    user(name: string): User | undefined {
        return this.informer.get('User', INSTALL_NAMESPACE, name);
    }

    users(): User[] {
        return this.informer.all('User');
    }

    userByEmail(email: string): User | undefined {
        const wanted = email.trim().toLowerCase();
        return this.users().find((user) => user.spec.email.toLowerCase() === wanted);
    }

    team(name: string): Team | undefined {
        return this.informer.get('Team', INSTALL_NAMESPACE, name);
    }

    teams(): Team[] {
        return this.informer.all('Team');
    }

    teamsOf(user: string): { team: Team; role: 'lead' | 'developer' }[] {
        return this.teams().flatMap((team) => {
            const member = team.spec.members.find((entry) => entry.user === user);
            return member === undefined ? [] : [{ team, role: member.role }];
        });
    }

    /** By name: workspace names are unique in the install. */
    workspace(name: string): Workspace | undefined {
        return this.workspacesByName.get(name);
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
        return this.informer.all('Workspace');
    }

    grants(): AccessGrant[] {
        return this.informer.all('AccessGrant');
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
        this.informer.apply(object);
    }

    close(): void {
        this.informer.stop();
    }
}

export function isFor(grant: AccessGrant, workspace: Workspace): boolean {
    return grant.metadata.namespace === workspace.metadata.namespace && grant.spec.workspaceRef === workspace.metadata.name;
}

export function rightOf(grant: AccessGrant): WorkspaceRight {
    const { role, run, expiresAt } = grant.spec;
    return { grantId: grant.metadata.uid, role, run, expiresAtMs: expiresAt === undefined ? undefined : Date.parse(expiresAt) };
}
