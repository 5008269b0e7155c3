import { INSTALL_NAMESPACE, TEAM_NAMESPACE_PREFIX } from '@tandem/protocol';
import type { PlaneContext } from '../plane-context.ts';

/**
 * Notes that the team's quotas are in force, and ends the pools of a team that is gone: nobody could claim from them.
 * Workspaces stay: they are people's, and an admin deletes them one by one.
 */
export async function reconcileTeam({ store, informer }: PlaneContext, name: string): Promise<void> {
    const team = await store.get('Team', INSTALL_NAMESPACE, name);
    if (team === undefined) {
        const namespace = TEAM_NAMESPACE_PREFIX + name;
        for (const { metadata } of informer.all('WorkspacePool').filter((pool) => pool.metadata.namespace === namespace)) {
            await store.delete({ kind: 'WorkspacePool', namespace, name: metadata.name }, { uid: metadata.uid });
        }
    } else if (team.status.observedGeneration !== team.metadata.generation) {
        await store.updateStatus<'Team'>({ ...team, status: { ...team.status, observedGeneration: team.metadata.generation } });
    }
}
