import type { Clock } from '@tandem/server-kit';
import type { WorkspaceAccess, WorkspaceAccessRegistry } from '../auth/workspace-access.ts';

/** A token is used again for this long; well below its five minutes. */
const REUSE_MS = 45_000;
const MAX_TOKENS = 10_000;

/** Identity tokens for upstream connections, signed at most once per person, audience and 45 s. */
export class IdentityCache {
    private readonly access: WorkspaceAccessRegistry;
    private readonly clock: Clock;
    private readonly tokens = new Map<string, { token: Promise<string>; madeAtMs: number }>();

    constructor(options: { access: WorkspaceAccessRegistry; clock: Clock }) {
        this.access = options.access;
        this.clock = options.clock;
    }

    /** @param generation of the workspace's claim */
    get(access: WorkspaceAccess, audience: string, generation: number): Promise<string> {
        const { sessionId, grantId, role, run, workspace, user } = access;
        const key = JSON.stringify([sessionId, grantId, role, run, workspace.uid, user.name, user.displayName, audience, generation]);
        const now = this.clock.now();
        const known = this.tokens.get(key);
        if (known && now - known.madeAtMs >= 0 && now - known.madeAtMs < REUSE_MS) {
            return known.token;
        }
        if (this.tokens.size >= MAX_TOKENS) {
            this.tokens.clear();
        }
        const token = this.access.mintIdentity(access, audience, generation);
        this.tokens.set(key, { token, madeAtMs: now });
        token.catch(() => this.tokens.delete(key));
        return token;
    }
}
