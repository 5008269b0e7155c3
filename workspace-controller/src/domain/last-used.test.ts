import { describe, expect, it } from 'vitest';
import type { Workspace } from '@tandem/protocol';
import { newWorkspaceStatus } from '../resources/new-workspace.ts';
import { lastUsed } from './last-used.ts';

const now = Date.parse('2026-02-01T00:00:00Z');
const workspace = (
    name: string,
    lastActivityAt: string | undefined,
    changes: Partial<Workspace['metadata']> = {},
    owner = 'ada',
): Workspace => ({
    apiVersion: 'tandem.dev/v1alpha1',
    kind: 'Workspace',
    metadata: {
        namespace: 'team-home',
        name,
        uid: name,
        resourceVersion: '1',
        generation: 1,
        labels: {},
        annotations: {},
        finalizers: [],
        createdAt: '2025-01-01T00:00:00Z',
        ...changes,
    },
    spec: { owner, displayName: name, templateRef: 'default', operatingMode: 'Hibernated' },
    status: { ...newWorkspaceStatus(), ...(lastActivityAt === undefined ? {} : { lastActivityAt }) },
});

describe('the workspace used last', () => {
    it('is the one with the latest activity of its owner', () => {
        const all = [
            workspace('a', '2026-01-30T00:00:00Z'),
            workspace('b', '2026-01-31T00:00:00Z'),
            workspace('c', '2026-01-31T12:00:00Z', {}, 'bob'),
        ];
        expect(lastUsed(all, 'ada', now)?.metadata.name).toBe('b');
    });

    it('is none when nothing was used for weeks, or it is going', () => {
        expect(lastUsed([workspace('a', '2026-01-01T00:00:00Z')], 'ada', now)).toBeUndefined();
        expect(lastUsed([workspace('a', '2026-01-31T00:00:00Z', { deletedAt: '2026-01-31T01:00:00Z' })], 'ada', now)).toBeUndefined();
        expect(lastUsed([workspace('a', undefined)], 'ada', now)).toBeUndefined();
    });
});
