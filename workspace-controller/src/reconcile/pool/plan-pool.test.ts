import { describe, expect, it } from 'vitest';
import { POOL_LABEL, POOL_OWNER, type ObjectMeta, type Workspace, type WorkspacePool, type WorkspaceTemplate } from '@tandem/protocol';
import { BLUEPRINT, blueprintOf } from '../../domain/blueprint.ts';
import { newWorkspaceStatus } from '../../resources/new-workspace.ts';
import { planPool, type PoolFacts } from './plan-pool.ts';

const metadata: ObjectMeta = {
    namespace: 'team-home',
    name: 'default',
    uid: 'p',
    resourceVersion: '1',
    generation: 1,
    labels: {},
    annotations: {},
    finalizers: [],
    createdAt: '',
};
const WAITING: Workspace['status']['conditions'][number] = {
    type: 'Waiting',
    status: 'True',
    reason: 'Started',
    message: '',
    lastTransitionAt: '',
    observedGeneration: 1,
};
const template: WorkspaceTemplate = {
    apiVersion: 'tandem.dev/v1alpha1',
    kind: 'WorkspaceTemplate',
    metadata,
    spec: {
        displayName: 'Default',
        description: '',
        idleTimeoutMinutes: 60,
        keepAwakeCeilingMinutes: 60,
        memoryMiB: 2048,
        environment: {},
    },
    status: { observedGeneration: 1, conditions: [] },
};
const pool = (size: number): WorkspacePool => ({
    apiVersion: 'tandem.dev/v1alpha1',
    kind: 'WorkspacePool',
    metadata,
    spec: { templateRef: 'default', size },
    status: { observedGeneration: 1, ready: 0, starting: 0, conditions: [] },
});

interface Given {
    template?: string;
    blueprint?: string;
    deleted?: boolean;
    state?: Workspace['status']['state'];
}

const member = (name: string, waits: boolean, given: Given = {}): Workspace => ({
    apiVersion: 'tandem.dev/v1alpha1',
    kind: 'Workspace',
    metadata: {
        ...metadata,
        name,
        uid: name,
        labels: { [POOL_LABEL]: 'default' },
        annotations: { [BLUEPRINT]: given.blueprint ?? blueprintOf(template.spec) },
        ...(given.deleted ? { deletedAt: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { owner: POOL_OWNER, displayName: 'Waiting', templateRef: given.template ?? 'default', operatingMode: 'Running' },
    status: { ...newWorkspaceStatus(), state: given.state ?? 'preparing', conditions: waits ? [WAITING] : [] },
});

const plan = (size: number, members: Workspace[], changes: Partial<PoolFacts> = {}) =>
    planPool({ pool: pool(size), template, members, failures: 0, nowMs: 0, ...changes });
const removed = (facts: ReturnType<typeof plan>): string[] => facts.remove.map((entry) => entry.metadata.name);

describe('the size of a pool', () => {
    it('is reached a few members at a time', () => {
        expect(plan(5, []).create).toBe(2);
        expect(plan(5, [member('a', false)]).create).toBe(1);
        expect(plan(5, [member('a', false), member('b', false)]).create).toBe(0);
        expect(plan(3, [member('a', true), member('b', true)]).create).toBe(1);
    });

    it('shrinks by those that are not ready first', () => {
        expect(removed(plan(1, [member('a', true), member('b', false), member('c', true)]))).toEqual(['b', 'a']);
    });

    it('replaces members of another template and does not count those that are going', () => {
        const result = plan(2, [member('old', true, { template: 'other' }), member('going', true, { deleted: true })]);
        expect(removed(result)).toEqual(['old']);
        expect(result.create).toBe(2);
    });

    it('replaces members that were started with another memory limit than the template has now', () => {
        const result = plan(1, [member('small', true, { blueprint: 'memory-1024' })]);
        expect(removed(result)).toEqual(['small']);
        expect(result.create).toBe(1);
    });

    it('never deletes a member whose files are somebody’s', () => {
        const result = plan(0, [member('held', false, { state: 'needs-attention' })]);
        expect(result.remove).toEqual([]);
    });

    it('starts nothing for a template that is gone, and says so', () => {
        const result = plan(2, [member('a', true)], { template: undefined });
        expect(result.create).toBe(0);
        expect(removed(result)).toEqual(['a']);
        expect(result.status.conditions[0]).toMatchObject({ status: 'False', reason: 'NoTemplate' });
    });

    it('says when members keep failing, and when all of them wait', () => {
        expect(plan(1, [], { failures: 3 }).status.conditions[0]).toMatchObject({ status: 'False', reason: 'MembersFail' });
        expect(plan(1, [member('a', true)]).status.conditions[0]).toMatchObject({ status: 'True', reason: 'Filled' });
    });
});
