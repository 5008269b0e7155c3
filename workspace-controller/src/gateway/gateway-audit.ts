import type { Revocation } from '@tandem/protocol';
import type { Clock, Logger } from '@tandem/server-kit';
import type { NewAuditEntry } from '../audit/audit-sink.ts';
import type { AccessRefusal } from '../auth/workspace-access.ts';
import type { LiveConnection } from './live-connections.ts';

/** The same refusal is written once in this time. */
const REFUSAL_INTERVAL_MS = 60_000;
const MAX_REMEMBERED_REFUSALS = 4_096;

/** Where audit entries go; the gateway never waits for it. */
export type AuditAppend = (entry: NewAuditEntry) => Promise<unknown>;

/** Writes what the gateway refused and cut into the audit log, without letting an attacker flood it. */
export class GatewayAudit {
    private readonly append: AuditAppend;
    private readonly clock: Clock;
    private readonly logger: Logger;
    private readonly lastRefusal = new Map<string, number>();

    constructor(options: { append: AuditAppend; clock: Clock; logger: Logger }) {
        this.append = options.append;
        this.clock = options.clock;
        this.logger = options.logger;
    }

    /** An upgrade that was not let in. */
    refusedUpgrade(refusal: { workspace: string; host: string; address: string; actor?: string; grant?: string; reason: string }): void {
        const key = `${refusal.host} ${refusal.address} ${refusal.actor ?? ''} ${refusal.reason.slice(0, 40)}`;
        const now = this.clock.now();
        const last = this.lastRefusal.get(key);
        if (last !== undefined && now - last < REFUSAL_INTERVAL_MS) {
            return;
        }
        if (this.lastRefusal.size >= MAX_REMEMBERED_REFUSALS) {
            this.lastRefusal.clear();
        }
        this.lastRefusal.set(key, now);
        this.write({
            actor: refusal.actor ?? 'unknown',
            action: 'gateway.refuse-upgrade',
            target: `Workspace/${refusal.workspace}`,
            outcome: 'denied',
            address: refusal.address,
            grant: refusal.grant,
            detail: { host: refusal.host, reason: refusal.reason },
        });
    }

    /** Connections that a revocation ended. */
    cut(event: { revocation: Revocation; connections: readonly LiveConnection[]; durationMs: number }): void {
        const { revocation, connections } = event;
        const workspaces = [...new Set(connections.map((connection) => connection.access.workspace.name))];
        this.write({
            actor: 'system',
            action: 'gateway.cut',
            target: `${revocation.kind}/${revocation.id}`.slice(0, 256),
            outcome: 'allowed',
            detail: {
                reason: revocation.reason,
                connections: String(connections.length),
                workspaces: workspaces.join(' ').slice(0, 1024),
                durationMs: event.durationMs.toFixed(1),
            },
        });
    }

    /** One connection whose right ended by itself, or whose end was not announced. */
    ended(connection: LiveConnection, refusal: AccessRefusal): void {
        this.write({
            actor: connection.access.user.name,
            action: 'gateway.cut',
            target: `Workspace/${connection.access.workspace.name}`,
            outcome: 'allowed',
            grant: connection.access.grantId,
            detail: { reason: refusal.explanation, connections: '1' },
        });
    }

    private write(entry: NewAuditEntry): void {
        this.append(entry).catch((error: unknown) => {
            this.logger.error({ err: error, action: entry.action }, 'An audit entry of the gateway was not written');
        });
    }
}
