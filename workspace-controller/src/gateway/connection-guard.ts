import { CLOSE_CODES, type Revocation } from '@tandem/protocol';
import type { Clock, Disposable, Timer } from '@tandem/server-kit';
import type { AccessRefusal, WorkspaceAccess, WorkspaceAccessRegistry } from '../auth/workspace-access.ts';
import type { GatewayAudit } from './gateway-audit.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { LiveConnections, type Ending, type LiveConnection } from './live-connections.ts';

/** How often every open connection is checked again, in case an announcement was missed. */
const RECHECK_INTERVAL_MS = 15_000;
/** Longest delay that `setTimeout` takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function isRefusal(answer: WorkspaceAccess | AccessRefusal): answer is AccessRefusal {
    return 'refused' in answer;
}

/**
 * Ends what is open when the right to it ends: at once when a revocation is announced, on time when it expires by
 * itself, and within 15 s at the latest when neither was heard.
 */
export class ConnectionGuard {
    readonly live = new LiveConnections();
    private readonly access: WorkspaceAccessRegistry;
    private readonly clock: Clock;
    private readonly audit: GatewayAudit;
    private readonly metrics: GatewayMetrics;
    private readonly subscription: Disposable;
    private recheckTimer: Timer;

    constructor(options: { access: WorkspaceAccessRegistry; clock: Clock; audit: GatewayAudit; metrics: GatewayMetrics }) {
        this.access = options.access;
        this.clock = options.clock;
        this.audit = options.audit;
        this.metrics = options.metrics;
        this.subscription = this.access.onDidRevoke((revocation) => this.onRevoked(revocation));
        this.recheckTimer = this.scheduleRecheck();
    }

    /** Watches a connection until the returned handle is disposed. */
    watch(connection: LiveConnection): Disposable {
        const registration = this.live.add(connection);
        const expiry = this.scheduleExpiry(connection);
        return {
            dispose: () => {
                registration.dispose();
                expiry.dispose();
            },
        };
    }

    dispose(): void {
        this.subscription.dispose();
        this.recheckTimer.cancel();
    }

    private onRevoked(revocation: Revocation): void {
        const affected = this.live.affectedBy(revocation);
        if (affected.length === 0) {
            return;
        }
        const startedAt = performance.now();
        const ending: Ending = {
            code: revocation.expired ? CLOSE_CODES.expired : CLOSE_CODES.signedOut,
            reason: revocation.reason,
        };
        for (const connection of affected) {
            connection.cut(ending);
        }
        const durationMs = performance.now() - startedAt;
        this.metrics.connectionsCut.add(affected.length);
        this.audit.cut({ revocation, connections: affected, durationMs });
    }

    private scheduleExpiry(connection: LiveConnection): Disposable {
        const { expiresAtMs } = connection.access;
        let timer: Timer | undefined;
        const arm = (): void => {
            const remainingMs = expiresAtMs - this.clock.now();
            if (remainingMs <= 0) {
                timer = undefined;
                this.end(connection, { refused: 'expired', explanation: 'Your session ended. Sign in again.' });
                return;
            }
            timer = this.clock.setTimeout(arm, Math.min(remainingMs, MAX_TIMER_MS));
        };
        if (Number.isFinite(expiresAtMs)) {
            timer = this.clock.setTimeout(arm, Math.min(Math.max(0, expiresAtMs - this.clock.now()), MAX_TIMER_MS));
        }
        return { dispose: () => timer?.cancel() };
    }

    private scheduleRecheck(): Timer {
        return this.clock.setTimeout(() => {
            for (const connection of this.live) {
                const answer = this.access.lookup(connection.handle, connection.access.workspace.name, connection.access.port);
                if (isRefusal(answer)) {
                    this.end(connection, answer);
                }
            }
            this.recheckTimer = this.scheduleRecheck();
        }, RECHECK_INTERVAL_MS);
    }

    private end(connection: LiveConnection, refusal: AccessRefusal): void {
        connection.cut({ code: closeCodeOf(refusal), reason: refusal.explanation });
        this.metrics.connectionsCut.add(1);
        this.audit.ended(connection, refusal);
    }
}

export function closeCodeOf(refusal: AccessRefusal): number {
    switch (refusal.refused) {
        case 'expired':
            return CLOSE_CODES.expired;
        case 'denied':
            return CLOSE_CODES.denied;
        default:
            return CLOSE_CODES.signedOut;
    }
}
