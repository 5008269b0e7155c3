import { OPEN_PATH, type Workspace } from '@tandem/protocol';

/** Where one click on a workspace leads: into its editor, or to the page that says what it waits for. */
export function continueAddress(workspace: Workspace): { href: string; leaves: boolean } {
    const { name, deletedAt } = workspace.metadata;
    const { state, prepared } = workspace.status;
    const opens = deletedAt === undefined && (state === 'running' || state === 'hibernated' || (state === 'preparing' && prepared));
    return opens ? { href: OPEN_PATH + name, leaves: true } : { href: workspacePath(name), leaves: false };
}

export const workspacePath = (name: string): string => `/workspaces/${encodeURIComponent(name)}`;
