import { describe, expect, it } from 'vitest';
import { stageStates } from './stage-states.ts';

const at = '2026-01-01T00:00:00Z';

describe('stageStates', () => {
    it('is queued before anything is known', () => {
        expect(stageStates({ state: 'queued', stages: [] }).queued).toBe('current');
        expect(stageStates({ state: 'queued', stages: [] }).claimed).toBe('waiting');
    });

    it('follows the last stage that began', () => {
        const stages = [
            { stage: 'queued', startedAt: at, endedAt: at },
            { stage: 'claimed', startedAt: at, endedAt: at },
            { stage: 'cloning', startedAt: at },
        ] as const;
        expect(stageStates({ state: 'preparing', stages: [...stages] })).toEqual({
            queued: 'done',
            claimed: 'done',
            cloning: 'current',
            preparing: 'waiting',
            ready: 'waiting',
        });
        expect(stageStates({ state: 'failed', stages: [...stages] }).cloning).toBe('failed');
    });

    it('counts what was passed over as done', () => {
        expect(stageStates({ state: 'preparing', stages: [{ stage: 'preparing', startedAt: at }] }).cloning).toBe('done');
        expect(Object.values(stageStates({ state: 'running', stages: [] }))).toEqual(Array(5).fill('done'));
    });
});
