import type { SharedPort, Team, Workspace } from '@tandem/protocol';

/** How many people an audience is, from nobody to everybody. */
const BREADTH: Record<SharedPort['audience'], number> = { team: 1, 'signed-in': 2, public: 3 };
/** Begins the id of what stands for a grant. */
export const PORT_GRANT_PREFIX = 'port:';

/** Stands for a shared port where connections and revocations name a grant. */
export const portGrantId = (workspaceUid: string, port: number): string => `${PORT_GRANT_PREFIX}${workspaceUid}:${port}`;

/** With whom a port is shared right now; `undefined` when with nobody. */
export function shareOf(workspace: Workspace, port: number, nowMs: number): SharedPort | undefined {
    const share = workspace.spec.sharedPorts?.find((each) => each.port === port);
    return share !== undefined && (share.expiresAt === undefined || Date.parse(share.expiresAt) > nowMs) ? share : undefined;
}

/**
 * Whether a share lets somebody in.
 *
 * @param team the workspace's
 * @param person `undefined`: nobody is signed in
 */
export function letsIn(share: SharedPort, team: Team | undefined, person: string | undefined): boolean {
    switch (share.audience) {
        case 'public':
            return team?.spec.publicPorts === true || (person !== undefined && isMember(team, person));
        case 'signed-in':
            return person !== undefined;
        case 'team':
            return person !== undefined && isMember(team, person);
    }
}

/** What of sharing can be taken back: kept of a workspace to see later which ports reach fewer people. */
export type PortReach = ReadonlyMap<number, { breadth: number; members: readonly string[]; endsAtMs: number }>;

export function reachOf(workspace: Workspace, team: Team | undefined): PortReach {
    const members = team?.spec.members.map(({ user }) => user) ?? [];
    const gone = workspace.metadata.deletedAt !== undefined;
    return new Map(
        (gone ? [] : (workspace.spec.sharedPorts ?? [])).map(({ port, audience, expiresAt }) => {
            const withheld = audience === 'public' && team?.spec.publicPorts !== true;
            const breadth = BREADTH[withheld ? 'team' : audience];
            return [
                port,
                { breadth, members: breadth === BREADTH.team ? members : [], endsAtMs: expiresAt ? Date.parse(expiresAt) : Infinity },
            ];
        }),
    );
}

/** Ports that somebody could use before and cannot now. */
export function narrowedPorts(before: PortReach, now: PortReach): number[] {
    return [...before]
        .filter(([port, old]) => {
            const fresh = now.get(port);
            return (
                fresh === undefined ||
                fresh.breadth < old.breadth ||
                fresh.endsAtMs < old.endsAtMs ||
                (fresh.breadth === BREADTH.team && old.members.some((member) => !fresh.members.includes(member)))
            );
        })
        .map(([port]) => port);
}

const isMember = (team: Team | undefined, person: string): boolean => team?.spec.members.some(({ user }) => user === person) === true;
