import type { Workspace, WorkspaceStage } from '@tandem/protocol';

export type StageState = 'done' | 'current' | 'waiting' | 'failed';

/** In the order in which they come; the record makes a new stage of the protocol an error here. */
const order: Record<WorkspaceStage, true> = { queued: true, claimed: true, cloning: true, preparing: true, ready: true };
export const STAGE_NAMES = Object.keys(order) as WorkspaceStage[];

/** Where each stage stands. Stages that were passed over, such as cloning for an empty project, count as done. */
export function stageStates(status: Pick<Workspace['status'], 'state' | 'stages'>): Record<WorkspaceStage, StageState> {
    const failed = status.state === 'failed' || status.state === 'needs-attention';
    const ready = status.state === 'running' || status.state === 'hibernated';
    const reached = Math.max(
        status.state === 'queued' || status.state === 'preparing' ? 0 : -1,
        ...status.stages.map(({ stage }) => STAGE_NAMES.indexOf(stage)),
    );
    const states = STAGE_NAMES.map((name, index): [WorkspaceStage, StageState] => {
        if (ready || index < reached) {
            return [name, 'done'];
        }
        if (index > reached) {
            return [name, 'waiting'];
        }
        return [name, failed ? 'failed' : 'current'];
    });
    return Object.fromEntries(states) as Record<WorkspaceStage, StageState>;
}
