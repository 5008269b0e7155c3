import { TEAM_NAMESPACE_PREFIX, type StageProgress, type Workspace, type WorkspaceState } from '@tandem/protocol';
import { messages } from '../messages.ts';

/** Resource name of the team a workspace belongs to. */
export function teamOf(workspace: Workspace): string {
    return workspace.metadata.namespace.slice(TEAM_NAMESPACE_PREFIX.length);
}

/** When something last happened in it. */
export function lastActivity(workspace: Workspace): string {
    return workspace.status.lastActivityAt ?? workspace.metadata.createdAt;
}

/** Latest first. */
export function byActivity(one: Workspace, other: Workspace): number {
    return Date.parse(lastActivity(other)) - Date.parse(lastActivity(one));
}

/** The stage that is under way, or that failed. */
export function currentStage(workspace: Workspace): StageProgress | undefined {
    return workspace.status.stages.find((stage) => stage.endedAt === undefined) ?? workspace.status.stages.at(-1);
}

export interface ShownState {
    state: WorkspaceState;
    /** Word for people. */
    word: string;
    /** On its way to another state. */
    moving: boolean;
}

/** What is, with what was asked for: an order given shows at once, before the server has carried it out. */
export function shownState(workspace: Workspace): ShownState {
    const { spec, status, metadata } = workspace;
    const { going, states } = messages.workspaces;
    if (metadata.deletedAt !== undefined) {
        return { state: 'hibernated', word: going.deleting, moving: true };
    }
    if (spec.operatingMode === 'Hibernated' && status.state === 'running') {
        return { state: 'hibernated', word: going.hibernating, moving: true };
    }
    if (spec.operatingMode === 'Running' && (status.state === 'hibernated' || (status.state === 'preparing' && status.prepared))) {
        return { state: 'preparing', word: going.resuming, moving: true };
    }
    return { state: status.state, word: states[status.state], moving: status.state === 'preparing' };
}

/** In one sentence what matters about it now, besides its state. */
export function sentence(workspace: Workspace): string | undefined {
    const { status } = workspace;
    const shown = shownState(workspace);
    switch (shown.state) {
        case 'queued':
            return status.queuePosition === undefined ? status.reason : messages.workspaces.queuePosition(status.queuePosition);
        case 'preparing': {
            const stage = currentStage(workspace);
            const name = stage && messages.workspaces.stages[stage.stage];
            return status.prepared ? undefined : [name, stage?.detail].filter(Boolean).join(': ') || undefined;
        }
        case 'running':
            return status.idle?.sentence ?? status.reason;
        case 'failed':
        case 'needs-attention':
            return status.reason;
        case 'hibernated':
            return shown.moving ? undefined : status.reason;
    }
}
