import { describe, expect, it } from 'vitest';
import { judgeIdleness, type IdleFacts } from './idle-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const start = Date.UTC(2026, 0, 1, 9);
const facts = (changes: Partial<IdleFacts>): IdleFacts => ({
    nowMs: start,
    runningSinceMs: start,
    lastInputAtMs: undefined,
    jobs: [],
    taskRunning: false,
    debugRunning: false,
    keepAwakeUntilMs: undefined,
    idleTimeoutMs: 30 * MINUTE,
    ceilingMs: 12 * HOUR,
    ...changes,
});

describe('idleness', () => {
    it('gives a workspace that nobody touched its full time from the start', () => {
        expect(judgeIdleness(facts({ nowMs: start + 29 * MINUTE }))).toMatchObject({ hibernate: false, keptAwakeBy: 'nothing' });
        expect(judgeIdleness(facts({ nowMs: start + 30 * MINUTE })).hibernate).toBe(true);
    });

    it('counts from the last input', () => {
        const verdict = judgeIdleness(facts({ nowMs: start + HOUR, lastInputAtMs: start + 59 * MINUTE }));
        expect(verdict).toMatchObject({ keptAwakeBy: 'input', hibernatesAtMs: start + 89 * MINUTE });
    });

    it.each([
        [{ jobs: ['npm run build'] }, 'job'],
        [{ taskRunning: true }, 'task'],
        [{ debugRunning: true }, 'debug'],
    ] as const)('stays awake for %j', (activity, keptAwakeBy) => {
        const verdict = judgeIdleness(facts({ nowMs: start + 3 * HOUR, ...activity }));
        expect(verdict).toMatchObject({ keptAwakeBy, hibernate: false });
        expect(verdict.hibernatesAtMs).toBe(start + 3 * HOUR + 30 * MINUTE);
    });

    it('names the job that keeps it awake', () => {
        expect(judgeIdleness(facts({ nowMs: start + HOUR, jobs: ['npm run build'] })).sentence).toContain('npm run build');
    });

    it('lets no forgotten loop hold it past the ceiling', () => {
        expect(judgeIdleness(facts({ nowMs: start + 12 * HOUR, jobs: ['while true'] })).hibernate).toBe(true);
    });

    it('keeps awake on request until then', () => {
        const verdict = judgeIdleness(facts({ nowMs: start + HOUR, keepAwakeUntilMs: start + 2 * HOUR }));
        expect(verdict).toMatchObject({ keptAwakeBy: 'keep-awake', hibernatesAtMs: start + 2 * HOUR });
        expect(judgeIdleness(facts({ nowMs: start + 2 * HOUR, keepAwakeUntilMs: start + 2 * HOUR })).hibernate).toBe(true);
    });

    it('cuts a request that is longer than the ceiling', () => {
        const verdict = judgeIdleness(facts({ nowMs: start, keepAwakeUntilMs: start + 100 * HOUR }));
        expect(verdict.hibernatesAtMs).toBe(start + 12 * HOUR);
    });

    it('warns in the last five minutes and not before', () => {
        expect(judgeIdleness(facts({ nowMs: start + 24 * MINUTE })).warn).toBe(false);
        expect(judgeIdleness(facts({ nowMs: start + 26 * MINUTE })).warn).toBe(true);
    });
});
