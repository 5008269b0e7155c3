import type { Quota, Workspace } from '@tandem/protocol';

/** Whether a workspace may run now; over a quota it waits in line. */
export interface Admission {
    admitted: boolean;
    /** 1-based place in the team's line while it waits. */
    position?: number;
}

const wantsToRun = (workspace: Workspace): boolean =>
    workspace.spec.operatingMode === 'Running' && workspace.metadata.deletedAt === undefined;

const queuedSince = (workspace: Workspace): string =>
    workspace.status.stages.find((stage) => stage.stage === 'queued' && stage.endedAt === undefined)?.startedAt ??
    workspace.metadata.createdAt;

/**
 * First come, first served: those who wait are let in, in the order in which they began to wait, while quotas leave room.
 * A person over their own quota does not hold up the others behind them.
 *
 * @param workspaces all claimed workspaces of the team
 * @param holding uids of those that hold a place already
 */
export function admit(
    workspace: Workspace,
    workspaces: readonly Workspace[],
    holding: ReadonlySet<string>,
    teamQuota: Quota,
    memberQuota: Quota,
): Admission {
    if (holding.has(workspace.metadata.uid)) {
        return { admitted: true };
    }
    const running = workspaces.filter((candidate) => holding.has(candidate.metadata.uid));
    let teamRoom = (teamQuota.maxRunning ?? Infinity) - running.length;
    const memberRoom = new Map<string, number>();
    const roomOf = (owner: string): number =>
        memberRoom.get(owner) ??
        (memberQuota.maxRunning ?? Infinity) - running.filter((candidate) => candidate.spec.owner === owner).length;
    const line = workspaces
        .filter((candidate) => !holding.has(candidate.metadata.uid) && wantsToRun(candidate))
        .concat(workspaces.some((candidate) => candidate.metadata.uid === workspace.metadata.uid) ? [] : [workspace])
        .sort((a, b) => queuedSince(a).localeCompare(queuedSince(b)) || a.metadata.name.localeCompare(b.metadata.name));
    let position = 0;
    for (const candidate of line) {
        const room = roomOf(candidate.spec.owner);
        const letIn = teamRoom > 0 && room > 0;
        if (letIn) {
            teamRoom--;
            memberRoom.set(candidate.spec.owner, room - 1);
        } else {
            position++;
        }
        if (candidate.metadata.uid === workspace.metadata.uid) {
            return letIn ? { admitted: true } : { admitted: false, position };
        }
    }
    return { admitted: true };
}
