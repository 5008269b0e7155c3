import { WORKSPACE_STATE_NAMES, type WorkspaceStateName } from './state-names.ts';
import type { Workspace } from '@tandem/protocol';
import { repositoryLabel } from '../logic/git-address.ts';
import { matches } from '../logic/matches.ts';
import { shownState } from './workspace-facts.ts';

export interface WorkspaceFilter {
    text: string;
    state: WorkspaceStateName | undefined;
}

/** The filter that an address asks for; what makes no sense is left out. */
export function readFilter(search: URLSearchParams): WorkspaceFilter {
    const state = search.get('state');
    return {
        text: search.get('q') ?? '',
        state: WORKSPACE_STATE_NAMES.find((name) => name === state),
    };
}

export function filterWorkspaces(workspaces: readonly Workspace[], filter: WorkspaceFilter): readonly Workspace[] {
    if (filter.text.trim() === '' && filter.state === undefined) {
        return workspaces;
    }
    return workspaces.filter((workspace) => {
        const { metadata, spec, status } = workspace;
        return (
            (filter.state === undefined || shownState(workspace).state === filter.state) &&
            matches(filter.text, [
                spec.displayName,
                metadata.name,
                spec.source?.url,
                spec.source && repositoryLabel(spec.source.url),
                status.branch,
                spec.owner,
            ])
        );
    });
}

/** How many there are in each state. */
export function countStates(workspaces: readonly Workspace[]): Map<WorkspaceStateName, number> {
    const counts = new Map<WorkspaceStateName, number>();
    for (const workspace of workspaces) {
        const { state } = shownState(workspace);
        counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
}
