import { POOL_LABEL, type Workspace } from '@tandem/protocol';

/** Older than this, a sign-in is no sign that the workspace will be opened. */
const RECENT_MS = 14 * 24 * 3_600_000;

/** The workspace that a person used last, when it was not long ago. */
export function lastUsed(workspaces: readonly Workspace[], owner: string, nowMs: number): Workspace | undefined {
    const usedAt = (workspace: Workspace): number => Date.parse(workspace.status.lastActivityAt ?? workspace.metadata.createdAt);
    return workspaces
        .filter(
            ({ spec, metadata }) => spec.owner === owner && metadata.deletedAt === undefined && metadata.labels[POOL_LABEL] === undefined,
        )
        .filter((workspace) => nowMs - usedAt(workspace) < RECENT_MS)
        .sort((a, b) => usedAt(b) - usedAt(a))[0];
}
