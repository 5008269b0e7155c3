import { describe, expect, it } from 'vitest';
import type { Quota, Workspace } from '@tandem/protocol';
import { newWorkspaceStatus } from '../resources/new-workspace.ts';
import { admit } from './admission.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 9, minute)).toISOString();
const CLAIM = { uid: 'claim', generation: 1, launch: 'cold' } as const;

interface Given {
    owner?: string;
    /** Minute it was made in. */
    made?: number;
    /** Minute it has been waiting since. */
    waits?: number;
    claimed?: boolean;
    diskMiB?: number;
    mode?: Workspace['spec']['operatingMode'];
}

const workspace = (name: string, given: Given = {}): Workspace => ({
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
        createdAt: at(given.made ?? 0),
    },
    spec: { owner: given.owner ?? 'ada', displayName: name, templateRef: 'default', operatingMode: given.mode ?? 'Running' },
    status: {
        ...newWorkspaceStatus(),
        stages: given.waits === undefined ? [] : [{ stage: 'queued', startedAt: at(given.waits) }],
        ...(given.claimed ? { claim: CLAIM } : {}),
        ...(given.diskMiB === undefined ? {} : { diskMiB: given.diskMiB }),
    },
});

const decide = (asked: string, all: Workspace[], running: string[], quotas: { team?: Quota; member?: Quota }) =>
    admit(
        all.find((candidate) => candidate.metadata.name === asked)!,
        all,
        new Set(running),
        { team: {}, member: {}, ...quotas },
    );

describe('admission under quotas', () => {
    it('lets everybody in without a limit', () => {
        expect(decide('a', [workspace('a')], [], {})).toEqual({ admitted: true });
    });

    it('lets in what runs already, also when the limit was lowered', () => {
        const all = [workspace('a', { claimed: true }), workspace('b', { claimed: true })];
        expect(decide('b', all, ['a', 'b'], { team: { maxRunning: 1 } }).admitted).toBe(true);
    });

    it('gives a place in the line, by the time of waiting', () => {
        const all = [workspace('runs', { claimed: true }), workspace('late', { waits: 9 }), workspace('early', { waits: 3 })];
        const quota = { team: { maxRunning: 1 } };
        expect(decide('early', all, ['runs'], quota)).toMatchObject({ admitted: false, position: 1 });
        expect(decide('late', all, ['runs'], quota)).toMatchObject({ admitted: false, position: 2 });
        expect(decide('early', all, [], quota).admitted).toBe(true);
        expect(decide('late', all, [], quota).admitted).toBe(false);
    });

    it('lets nobody who asks only now pass those who wait, however old their workspace is', () => {
        const all = [workspace('old', { made: 0, claimed: true }), workspace('waits', { made: 20, waits: 20 })];
        expect(decide('old', all, [], { team: { maxRunning: 1 } })).toMatchObject({ admitted: false, position: 1 });
        expect(decide('waits', all, [], { team: { maxRunning: 1 } }).admitted).toBe(true);
    });

    it('lets nobody be held up by a person who is over their own quota', () => {
        const all = [
            workspace('runs', { claimed: true }),
            workspace('more', { waits: 1 }),
            workspace('of-bob', { owner: 'bob', waits: 2 }),
        ];
        const quotas = { team: { maxRunning: 2 }, member: { maxRunning: 1 } };
        expect(decide('of-bob', all, ['runs'], quotas).admitted).toBe(true);
        expect(decide('more', all, ['runs'], quotas)).toMatchObject({ position: 1, reason: expect.stringContaining('Its owner runs') });
    });

    it('counts every workspace against the total, but lets existing ones resume', () => {
        const all = [workspace('sleeps', { claimed: true, mode: 'Hibernated' }), workspace('new', { waits: 1 })];
        expect(decide('new', all, [], { team: { maxWorkspaces: 1 } })).toMatchObject({
            admitted: false,
            reason: expect.stringContaining('The team has as many workspaces as allowed (1)'),
        });
        const wakes = [workspace('sleeps', { claimed: true }), workspace('new', { waits: 1 })];
        expect(decide('sleeps', wakes, [], { team: { maxWorkspaces: 1 } }).admitted).toBe(true);
    });

    it('starts no new workspace while the disk space is used up', () => {
        const all = [
            workspace('big', { claimed: true, diskMiB: 900 }),
            workspace('small', { claimed: true, diskMiB: 200 }),
            workspace('new'),
        ];
        expect(decide('new', all, [], { member: { maxDiskMiB: 1000 } })).toMatchObject({
            admitted: false,
            reason: expect.stringContaining('disk space'),
        });
        expect(decide('small', all, [], { member: { maxDiskMiB: 1000 } }).admitted).toBe(true);
        expect(decide('new', all, [], { member: { maxDiskMiB: 2000 } }).admitted).toBe(true);
    });

    it('does not let more in than there is room for, and leaves out those that are being deleted', () => {
        const names = ['a', 'b', 'c', 'd'];
        const all = names.map((name, index) => workspace(name, { waits: index }));
        all[0]!.metadata.deletedAt = at(5);
        const admitted = names.slice(1).filter((name) => decide(name, all, [], { team: { maxRunning: 2 } }).admitted);
        expect(admitted).toEqual(['b', 'c']);
    });
});
