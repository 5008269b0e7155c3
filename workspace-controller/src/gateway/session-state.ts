import type { WorkspaceSessionState } from '@tandem/protocol';
import type { AccessRefusal, WorkspaceAccess } from '../auth/workspace-access.ts';
import type { WorkspaceEntry } from '../events.ts';

/**
 * What `/.tandem/session` says.
 *
 * @param answering whether the backend accepted a connection just now; undefined when it was not tried
 */
export function sessionState(facts: {
    access: WorkspaceAccess | AccessRefusal;
    entry: WorkspaceEntry | undefined;
    answering: boolean | undefined;
    openUrl: string;
    portalUrl: string;
    acceptsUpgrades: boolean;
}): WorkspaceSessionState {
    const { access, entry, openUrl, portalUrl, acceptsUpgrades } = facts;
    const base = { openUrl, portalUrl, acceptsUpgrades };
    if ('refused' in access) {
        return { ...base, state: stateOfRefusal(access), reason: access.explanation };
    }
    const signedIn = {
        ...base,
        user: access.user,
        role: access.role,
        run: access.run,
        ...(Number.isFinite(access.expiresAtMs) ? { expiresAt: new Date(access.expiresAtMs).toISOString() } : {}),
    };
    if (entry === undefined || entry.workspace.metadata.uid !== access.workspace.uid) {
        return { ...signedIn, state: 'unavailable', reason: 'This workspace was deleted.', reasonCode: 'not-found' };
    }
    const { metadata, spec, status } = entry.workspace;
    return {
        ...signedIn,
        ...stateOfWorkspace(entry, facts.answering),
        ...(status.reasonCode === undefined ? {} : { reasonCode: status.reasonCode }),
        workspace: { name: metadata.name, displayName: spec.displayName, state: status.state, stages: status.stages },
    };
}

function stateOfRefusal(refusal: AccessRefusal): WorkspaceSessionState['state'] {
    switch (refusal.refused) {
        case 'expired':
            return 'expired';
        case 'revoked':
        case 'denied':
            return 'revoked';
        default:
            return 'signed-out';
    }
}

function stateOfWorkspace(
    entry: WorkspaceEntry,
    answering: boolean | undefined,
): { state: WorkspaceSessionState['state']; reason: string } {
    const { spec, status } = entry.workspace;
    const { state } = status;
    if (state === 'failed' || state === 'needs-attention') {
        return { state: 'unavailable', reason: status.reason ?? 'The workspace did not start. Its page in the portal says why.' };
    }
    if (entry.endpoint !== undefined && answering !== false) {
        return { state: 'active', reason: 'The workspace is running.' };
    }
    if (spec.operatingMode === 'Hibernated' || (state === 'hibernated' && entry.endpoint === undefined)) {
        const wakes = spec.operatingMode === 'Running';
        return wakes
            ? { state: 'starting', reason: 'The workspace is waking up.' }
            : { state: 'hibernated', reason: 'The workspace is hibernated. Open it to go on where you were.' };
    }
    if (state === 'queued') {
        const place = status.queuePosition === undefined ? '' : ` It is number ${status.queuePosition} in the queue.`;
        return { state: 'starting', reason: status.reason ?? `The workspace waits for room.${place}` };
    }
    return { state: 'starting', reason: status.reason ?? 'The workspace is starting.' };
}
