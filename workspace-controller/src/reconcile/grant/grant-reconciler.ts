import { isDeepStrictEqual } from 'node:util';
import type { AccessGrant } from '@tandem/protocol';
import type { PlaneContext } from '../plane-context.ts';
import type { WorkResult } from '../runtime/work-queue.ts';

const LONGEST_LOOK_AHEAD_MS = 60 * 60_000;

/** Whether a grant is in force, ended by itself or was taken away. */
export function grantState(grant: AccessGrant, nowMs: number): AccessGrant['status']['state'] {
    if (grant.spec.revoked) {
        return 'revoked';
    }
    return grant.spec.expiresAt !== undefined && Date.parse(grant.spec.expiresAt) <= nowMs ? 'expired' : 'active';
}

/** Writes the state of a grant into its status, on time. Who holds sockets goes by the same facts, without waiting for it. */
export async function reconcileGrant(context: PlaneContext, namespace: string, name: string): Promise<WorkResult> {
    const grant = await context.store.get('AccessGrant', namespace, name);
    if (grant === undefined) {
        return undefined;
    }
    const nowMs = context.clock.now();
    const state = grantState(grant, nowMs);
    const status = { ...grant.status, observedGeneration: grant.metadata.generation, state };
    if (!isDeepStrictEqual(status, grant.status)) {
        await context.store.updateStatus<'AccessGrant'>({ ...grant, status });
        if (state === 'expired') {
            await context.audit.append({
                actor: 'system',
                action: 'grant.expire',
                target: `AccessGrant/${namespace}/${name}`,
                outcome: 'allowed',
                grant: grant.metadata.uid,
                detail: { workspace: grant.spec.workspaceRef, subject: grant.spec.subject },
            });
        }
    }
    if (state !== 'active' || grant.spec.expiresAt === undefined) {
        return undefined;
    }
    return { requeueAfterMs: Math.min(LONGEST_LOOK_AHEAD_MS, Math.max(1, Date.parse(grant.spec.expiresAt) - nowMs)) };
}
