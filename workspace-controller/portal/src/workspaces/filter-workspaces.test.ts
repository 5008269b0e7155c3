import type { Workspace } from '@tandem/protocol';
import { describe, expect, it } from 'vitest';
import { countStates, filterWorkspaces, readFilter } from './filter-workspaces.ts';

const workspace = (name: string, state: string, url: string, branch?: string): Workspace =>
    ({
        metadata: { name, namespace: 'team-home' },
        spec: { displayName: name, owner: 'ada', source: { url }, operatingMode: state === 'hibernated' ? 'Hibernated' : 'Running' },
        status: { state, branch, stages: [], prepared: true },
    }) as unknown as Workspace;

const all = [
    workspace('api-x7k2', 'running', 'https://git.example.com/team/api.git', 'feature/login'),
    workspace('web-p3m9', 'hibernated', 'https://git.example.com/team/web', 'main'),
];
const names = (text: string, state?: 'running' | 'failed') => filterWorkspaces(all, { text, state }).map((each) => each.metadata.name);

describe('filterWorkspaces', () => {
    it('finds by name, repository, branch and owner, all words needed', () => {
        expect(names('WEB')).toEqual(['web-p3m9']);
        expect(names('team login')).toEqual(['api-x7k2']);
        expect(names('ada')).toHaveLength(2);
        expect(names('ada nothing')).toEqual([]);
    });

    it('finds by state', () => {
        expect(names('', 'running')).toEqual(['api-x7k2']);
        expect(names('', 'failed')).toEqual([]);
    });

    it('gives back the same list when nothing is asked', () => {
        expect(filterWorkspaces(all, { text: ' ', state: undefined })).toBe(all);
    });
});

it('reads the filter from the address and ignores nonsense', () => {
    expect(readFilter(new URLSearchParams('q=api&state=running'))).toEqual({ text: 'api', state: 'running' });
    expect(readFilter(new URLSearchParams('state=flying'))).toEqual({ text: '', state: undefined });
});

it('counts states', () => {
    expect([...countStates(all)]).toEqual([
        ['running', 1],
        ['hibernated', 1],
    ]);
});
