import type { Workspace } from '@tandem/protocol';
import { describe, expect, it } from 'vitest';
import { byActivity, sentence, shownState, teamOf } from './workspace-facts.ts';

function workspace(status: object, spec: object = {}, metadata: object = {}): Workspace {
    return {
        metadata: { namespace: 'team-home', name: 'api-x7k2', createdAt: '2026-01-01T00:00:00Z', ...metadata },
        spec: { operatingMode: 'Running', ...spec },
        status: { stages: [], prepared: true, state: 'running', ...status },
    } as unknown as Workspace;
}

describe('shownState', () => {
    it('shows an order at once, before the server has carried it out', () => {
        expect(shownState(workspace({ state: 'running' }, { operatingMode: 'Hibernated' })).word).toBe('Hibernating…');
        expect(shownState(workspace({ state: 'hibernated' })).word).toBe('Resuming…');
        expect(shownState(workspace({}, {}, { deletedAt: '2026-01-02T00:00:00Z' })).word).toBe('Deleting…');
    });

    it('is the server’s word otherwise', () => {
        expect(shownState(workspace({ state: 'hibernated' }, { operatingMode: 'Hibernated' }))).toEqual({
            state: 'hibernated',
            word: 'Hibernated',
            moving: false,
        });
        expect(shownState(workspace({ state: 'preparing', prepared: false })).word).toBe('Preparing');
    });
});

describe('sentence', () => {
    it('tells what people wait for', () => {
        expect(sentence(workspace({ state: 'queued', queuePosition: 3 }))).toBe('Position 3 in the queue');
        const stages = [{ stage: 'cloning', startedAt: '2026-01-01T00:00:00Z', detail: 'Receiving objects, 41 MB' }];
        expect(sentence(workspace({ state: 'preparing', prepared: false, stages }))).toBe('Cloning: Receiving objects, 41 MB');
    });

    it('tells what keeps it awake, and why it failed', () => {
        expect(sentence(workspace({ idle: { keptAwakeBy: 'task', sentence: 'The task “build” keeps it awake.' } }))).toContain('build');
        expect(sentence(workspace({ state: 'failed', reason: 'No such branch.' }))).toBe('No such branch.');
    });
});

it('sorts by what was used last, new ones by their birth', () => {
    const old = workspace({ lastActivityAt: '2026-01-03T00:00:00Z' });
    const fresh = workspace({}, {}, { createdAt: '2026-01-04T00:00:00Z' });
    expect([old, fresh].sort(byActivity)).toEqual([fresh, old]);
});

it('reads the team out of the namespace', () => {
    expect(teamOf(workspace({}))).toBe('home');
});
