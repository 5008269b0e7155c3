import { TEAM_NAMESPACE_PREFIX, type AccessGrant, type AnyResource, type Team, type User, type Workspace } from '@tandem/protocol';
import type { Clock, Disposable, Logger, Timer } from '@tandem/server-kit';
import { narrowedPorts, portGrantId, reachOf, type PortReach } from '../domain/port-sharing.ts';
import type { ApiTokens } from './api-tokens.ts';
import type { GitCredentials } from './git-credentials.ts';
import type { Revocations } from './revocations.ts';
import type { RightsIndex } from './rights-index.ts';
import type { Sessions } from './sessions.ts';

/** Longest delay of a Node timer, about 24 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

interface WatchDeps {
    rights: RightsIndex;
    revocations: Revocations;
    sessions: Sessions;
    tokens: ApiTokens;
    gitCredentials: GitCredentials;
    clock: Clock;
    logger: Logger;
}

/**
 * Turns changes of resources into revocations, whoever made them (API, kubectl, reconciler): a disabled person loses every
 * session and token, a revoked, narrowed or expired grant and a deleted workspace close their sockets.
 */
export class RevocationWatch {
    private readonly deps: WatchDeps;
    private readonly subscription: Disposable;
    private readonly disabled = new Set<string>();
    private readonly ended = new Set<string>();
    private readonly rightsOfGrant = new Map<string, string>();
    private readonly expiries = new Map<string, Timer>();
    /** By uid of the workspace. */
    private readonly reaches = new Map<string, PortReach>();

    constructor(deps: WatchDeps) {
        this.deps = deps;
        for (const user of deps.rights.users()) {
            void this.user(user, 'known');
        }
        for (const grant of deps.rights.grants()) {
            void this.grant(grant, 'known');
        }
        for (const workspace of deps.rights.workspaces()) {
            this.noteReach(workspace);
        }
        this.subscription = deps.rights.onDidChange((event) => {
            this.take(event.object, event.type === 'deleted' ? 'deleted' : 'changed').catch((error: unknown) => {
                deps.logger.error({ err: error, kind: event.kind }, 'A revocation was told but its traces could not all be removed');
            });
        });
    }

    dispose(): void {
        this.subscription.dispose();
        for (const timer of this.expiries.values()) {
            timer.cancel();
        }
    }

    private async take(object: AnyResource, how: 'changed' | 'deleted'): Promise<void> {
        if (object.kind === 'User') {
            await this.user(object, how);
        } else if (object.kind === 'AccessGrant') {
            await this.grant(object, how);
        } else if (object.kind === 'Workspace') {
            await Promise.all([this.workspace(object, how), this.ports(object)]);
        } else if (object.kind === 'Team') {
            await this.portsOfTeam(object);
        }
    }

    private async user(user: User, how: 'known' | 'changed' | 'deleted'): Promise<void> {
        const name = user.metadata.name;
        if (how !== 'deleted' && !user.spec.disabled) {
            this.disabled.delete(name);
            return;
        }
        const already = this.disabled.has(name);
        this.disabled.add(name);
        if (how === 'known' || already) {
            return;
        }
        const reason = how === 'deleted' ? 'Your account was deleted.' : 'Your account was disabled by an admin.';
        const { revocations, sessions, tokens, gitCredentials } = this.deps;
        await Promise.all([
            revocations.revoke('user', name, reason),
            sessions.endWhere((session) => session.user === name, reason),
            tokens.deleteOfUser(name, reason),
            how === 'deleted' ? gitCredentials.deleteOfUser(name) : undefined,
        ]);
        if (how === 'deleted') {
            this.disabled.delete(name);
        }
    }

    private async grant(grant: AccessGrant, how: 'known' | 'changed' | 'deleted'): Promise<void> {
        const { uid, deletedAt } = grant.metadata;
        const { role, run, revoked, expiresAt } = grant.spec;
        const gone = how === 'deleted' || revoked || deletedAt !== undefined;
        const before = this.rightsOfGrant.get(uid);
        const now = `${role}/${run}`;
        this.rightsOfGrant.set(uid, now);
        this.expiries.get(uid)?.cancel();
        this.expiries.delete(uid);
        if (gone) {
            const already = this.ended.has(uid);
            this.ended.add(uid);
            if (how !== 'known' && !already) {
                await this.deps.revocations.revoke('grant', uid, 'Your access to this workspace was revoked.');
            }
            if (how === 'deleted') {
                this.rightsOfGrant.delete(uid);
                this.ended.delete(uid);
            }
            return;
        }
        if (expiresAt !== undefined) {
            this.waitForExpiry(uid, Date.parse(expiresAt));
        }
        if (how === 'changed' && before !== undefined && before !== now) {
            // Live connections carry the old rights: they come back with the new ones.
            await this.deps.revocations.revoke('grant', uid, 'Your rights in this workspace were changed. Reload to go on.');
        }
    }

    private waitForExpiry(uid: string, atMs: number): void {
        const delay = atMs - this.deps.clock.now();
        if (delay <= 0) {
            return;
        }
        const timer = this.deps.clock.setTimeout(
            () => {
                this.expiries.delete(uid);
                if (this.deps.clock.now() < atMs) {
                    this.waitForExpiry(uid, atMs);
                } else {
                    void this.deps.revocations.revoke('grant', uid, 'Your access to this workspace has expired.', { expired: true });
                }
            },
            Math.min(delay, MAX_DELAY_MS),
        );
        this.expiries.set(uid, timer);
    }

    /** Connections to a port that now reaches fewer people end; who still may comes back. */
    private async ports(workspace: Workspace): Promise<void> {
        const { uid } = workspace.metadata;
        const before = this.reaches.get(uid);
        const now = this.noteReach(workspace);
        const narrowed = before === undefined ? [] : narrowedPorts(before, now);
        await Promise.all(
            narrowed.map((port) =>
                this.deps.revocations.revoke(
                    'grant',
                    portGrantId(uid, port),
                    `Port ${port} of this workspace is shared with fewer people now.`,
                ),
            ),
        );
    }

    private async portsOfTeam({ metadata }: Team): Promise<void> {
        const namespace = TEAM_NAMESPACE_PREFIX + metadata.name;
        const shared = this.deps.rights
            .workspaces()
            .filter((each) => each.metadata.namespace === namespace && this.reaches.has(each.metadata.uid));
        await Promise.all(shared.map((workspace) => this.ports(workspace)));
    }

    private noteReach(workspace: Workspace): PortReach {
        const reach = reachOf(workspace, this.deps.rights.teamOf(workspace));
        if (reach.size > 0) {
            this.reaches.set(workspace.metadata.uid, reach);
        } else {
            this.reaches.delete(workspace.metadata.uid);
        }
        return reach;
    }

    private async workspace(workspace: Workspace, how: 'changed' | 'deleted'): Promise<void> {
        const { uid, name, deletedAt } = workspace.metadata;
        if (how === 'changed' && deletedAt === undefined) {
            return;
        }
        if (!this.ended.has(uid)) {
            this.ended.add(uid);
            await this.deps.revocations.revoke('workspace', name, 'This workspace was deleted.');
        }
        if (how === 'deleted') {
            this.ended.delete(uid);
        }
    }
}
