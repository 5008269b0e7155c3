import { describe, expect, it } from 'vitest';
import { POOL_LABEL, POOL_OWNER, type Workspace, type WorkspacePool } from '@tandem/protocol';
import { newWorkspaceStatus } from '../create-workspace.ts';
import { planPool } from './pool-reconciler.ts';

const WAITING: Workspace['status']['conditions'][number] = {
    type: 'Waiting',
    status: 'True',
    reason: 'Started',
    message: '',
    lastTransitionAt: '',
    observedGeneration: 1,
};

const pool = (size: number): WorkspacePool => ({
    apiVersion: 'tandem.dev/v1alpha1',
    kind: 'WorkspacePool',
    metadata: {
        namespace: 'team-home',
        name: 'default',
        uid: 'p',
        resourceVersion: '1',
        generation: 1,
        labels: {},
        annotations: {},
        finalizers: [],
        createdAt: '',
    },
    spec: { templateRef: 'default', size },
    status: { observedGeneration: 1, ready: 0, starting: 0, conditions: [] },
});

const member = (name: string, waits: boolean, changes: Partial<Workspace['metadata']> = {}, templateRef = 'default'): Workspace => ({
    apiVersion: 'tandem.dev/v1alpha1',
    kind: 'Workspace',
    metadata: { ...pool(0).metadata, name, uid: name, labels: { [POOL_LABEL]: 'default' }, ...changes },
    spec: { owner: POOL_OWNER, displayName: 'Waiting', templateRef, operatingMode: 'Running' },
    status: { ...newWorkspaceStatus(), state: 'preparing', conditions: waits ? [WAITING] : [] },
});

describe('the size of a pool', () => {
    it('is reached a few members at a time', () => {
        expect(planPool(pool(5), []).create).toBe(2);
        expect(planPool(pool(5), [member('a', false)]).create).toBe(1);
        expect(planPool(pool(5), [member('a', false), member('b', false)]).create).toBe(0);
        expect(planPool(pool(3), [member('a', true), member('b', true)]).create).toBe(1);
    });

    it('shrinks by those that are not ready first', () => {
        const plan = planPool(pool(1), [member('a', true), member('b', false), member('c', true)]);
        expect(plan.remove.map((entry) => entry.metadata.name)).toEqual(['b', 'a']);
    });

    it('replaces members of another template and does not count those that are going', () => {
        const plan = planPool(pool(2), [member('old', true, {}, 'other'), member('going', true, { deletedAt: '2026-01-01T00:00:00Z' })]);
        expect(plan.remove.map((entry) => entry.metadata.name)).toEqual(['old']);
        expect(plan.create).toBe(2);
    });
});
