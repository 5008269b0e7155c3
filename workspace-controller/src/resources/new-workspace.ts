import { CLEANUP_FINALIZER, type Workspace } from '@tandem/protocol';
import type { NewObject } from '../store/resource-store.ts';

/** The status of a workspace that nothing was done for yet. */
export const newWorkspaceStatus = (): Workspace['status'] => ({
    observedGeneration: 0,
    state: 'queued',
    stages: [],
    prepared: false,
    restarts: 0,
    conditions: [],
});

export interface NewWorkspace {
    namespace: string;
    name: string;
    spec: Workspace['spec'];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    /** When its owner asked for it: from then on it waits. Absent for what nobody waits for. */
    queuedAt?: string;
}

/** A workspace object that nobody has seen yet. */
export function newWorkspace({ namespace, name, spec, labels = {}, annotations = {}, queuedAt }: NewWorkspace): NewObject<'Workspace'> {
    return {
        kind: 'Workspace',
        metadata: { namespace, name, labels, annotations, finalizers: [CLEANUP_FINALIZER] },
        spec,
        status: {
            ...newWorkspaceStatus(),
            stages: queuedAt === undefined ? [] : [{ stage: 'queued', startedAt: queuedAt }],
        },
    };
}
