import { DEFAULT_TEAM, DEFAULT_TEMPLATE, INSTALL_NAMESPACE, TEAM_NAMESPACE_PREFIX } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { NewObject, ResourceStore } from '../store/resource-store.ts';

const DEFAULT_POOL = 'default';
const MARK = 'tandem.dev/first-objects';

/** Makes what a new install begins with: a team, a template and a warm pool. What an admin deleted later stays deleted. */
export async function createFirstObjects(store: ResourceStore, poolSize: number): Promise<void> {
    const teams = await store.list('Team', { labels: { [MARK]: 'true' } });
    if (teams.items.length > 0) {
        return;
    }
    await createUnlessThere(store, {
        kind: 'WorkspaceTemplate',
        metadata: { namespace: INSTALL_NAMESPACE, name: DEFAULT_TEMPLATE },
        spec: {
            displayName: 'Default',
            description: 'A project of your own with the tools of this machine.',
            idleTimeoutMinutes: 60,
            keepAwakeCeilingMinutes: 720,
            memoryMiB: 4096,
            environment: {},
        },
        status: { observedGeneration: 0, conditions: [] },
    });
    await createUnlessThere(store, {
        kind: 'WorkspacePool',
        metadata: { namespace: TEAM_NAMESPACE_PREFIX + DEFAULT_TEAM, name: DEFAULT_POOL },
        spec: { templateRef: DEFAULT_TEMPLATE, size: poolSize },
        status: { observedGeneration: 0, ready: 0, starting: 0, conditions: [] },
    });
    // The mark goes last: killed before it, the next start makes what is missing.
    await createUnlessThere(store, {
        kind: 'Team',
        metadata: { namespace: INSTALL_NAMESPACE, name: DEFAULT_TEAM, labels: { [MARK]: 'true' } },
        spec: { displayName: 'Home', members: [], quota: {}, memberQuota: {} },
        status: { observedGeneration: 0, conditions: [] },
    });
}

async function createUnlessThere(
    store: ResourceStore,
    object: NewObject<'WorkspaceTemplate'> | NewObject<'WorkspacePool'> | NewObject<'Team'>,
): Promise<void> {
    try {
        await store.create(object as NewObject<'Team'>);
    } catch (error) {
        if (!(error instanceof AppError && error.code === 'already-exists')) {
            throw error;
        }
    }
}
