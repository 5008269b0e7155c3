import type { Quota, Workspace } from '@tandem/protocol';

/** Whether a workspace may run now; over a quota it waits in line. */
export interface Admission {
    admitted: boolean;
    /** 1-based place in the team's line while it waits. */
    position?: number;
    /** Which limit it waits for, for people. */
    reason?: string;
}

export interface Quotas {
    team: Quota;
    member: Quota;
}

/** What is left under one quota; `Infinity` where there is no limit. */
interface Room {
    running: number;
    workspaces: number;
    diskMiB: number;
}

const wantsToRun = ({ spec, metadata }: Workspace): boolean => spec.operatingMode === 'Running' && metadata.deletedAt === undefined;
const isNew = ({ status }: Workspace): boolean => status.claim === undefined;

/** Those who wait already go before those who ask only now. */
const queuedSince = ({ status }: Workspace): string =>
    status.stages.find((stage) => stage.stage === 'queued' && stage.endedAt === undefined)?.startedAt ?? '~';

const inLine = (a: Workspace, b: Workspace): number =>
    compare(queuedSince(a), queuedSince(b)) ||
    compare(a.metadata.createdAt, b.metadata.createdAt) ||
    compare(a.metadata.name, b.metadata.name);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * First come, first served: those who wait are let in, in the order in which they began to wait, while quotas leave room.
 * A person over their own quota does not hold up the others behind them. The total and the disk space count for new
 * workspaces only: what exists can always be resumed to be tidied up.
 *
 * @param workspaces all claimed workspaces of the team
 * @param holding uids of those that hold a place already
 */
export function admit(
    workspace: Workspace,
    workspaces: readonly Workspace[],
    holding: ReadonlySet<string>,
    { team, member }: Quotas,
): Admission {
    if (holding.has(workspace.metadata.uid)) {
        return { admitted: true };
    }
    const existing = workspaces.filter((candidate) => !isNew(candidate) || holding.has(candidate.metadata.uid));
    const teamRoom = roomUnder(team, existing, holding);
    const memberRooms = new Map<string, Room>();
    const roomOf = (owner: string): Room => {
        const known = memberRooms.get(owner) ?? roomUnder(member, ownedBy(existing, owner), holding);
        memberRooms.set(owner, known);
        return known;
    };
    const others = workspaces.filter(({ metadata }) => metadata.uid !== workspace.metadata.uid && !holding.has(metadata.uid));
    let waiting = 0;
    for (const candidate of [...others.filter(wantsToRun), workspace].sort(inLine)) {
        const own = roomOf(candidate.spec.owner);
        const limit = limitOf('Its owner', own, member, candidate) ?? limitOf('The team', teamRoom, team, candidate);
        if (limit === undefined) {
            take(own, candidate);
            take(teamRoom, candidate);
        } else {
            waiting++;
        }
        if (candidate.metadata.uid === workspace.metadata.uid) {
            return limit === undefined
                ? { admitted: true }
                : { admitted: false, position: waiting, reason: `${limit} It is number ${waiting} in line and starts by itself.` };
        }
    }
    return { admitted: true };
}

const ownedBy = (workspaces: readonly Workspace[], owner: string): Workspace[] =>
    workspaces.filter((candidate) => candidate.spec.owner === owner);

function roomUnder(quota: Quota, existing: readonly Workspace[], holding: ReadonlySet<string>): Room {
    const running = existing.filter((candidate) => holding.has(candidate.metadata.uid)).length;
    const diskMiB = existing.reduce((sum, candidate) => sum + (candidate.status.diskMiB ?? 0), 0);
    return {
        running: (quota.maxRunning ?? Infinity) - running,
        workspaces: (quota.maxWorkspaces ?? Infinity) - existing.length,
        diskMiB: (quota.maxDiskMiB ?? Infinity) - diskMiB,
    };
}

function limitOf(who: string, room: Room, quota: Quota, candidate: Workspace): string | undefined {
    if (isNew(candidate) && room.workspaces <= 0) {
        return `${who} has as many workspaces as allowed (${quota.maxWorkspaces}): delete one to make room.`;
    }
    if (isNew(candidate) && room.diskMiB <= 0) {
        return `${who} uses all the disk space allowed (${quota.maxDiskMiB} MiB): delete files or a workspace to make room.`;
    }
    return room.running <= 0 ? `${who} runs as many workspaces as allowed (${quota.maxRunning}): hibernate one to make room.` : undefined;
}

function take(room: Room, candidate: Workspace): void {
    room.running--;
    room.workspaces -= isNew(candidate) ? 1 : 0;
}
