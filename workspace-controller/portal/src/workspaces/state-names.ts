import type { WorkspaceState } from '@tandem/protocol';

export type WorkspaceStateName = WorkspaceState;

/** All states, those that ask for a person first. The record makes a new state of the protocol an error here. */
const order: Record<WorkspaceState, true> = {
    failed: true,
    'needs-attention': true,
    queued: true,
    preparing: true,
    running: true,
    hibernated: true,
};
export const WORKSPACE_STATE_NAMES = Object.keys(order) as WorkspaceState[];
