import { describe, expect, it } from 'vitest';
import { parseTerminalStat, TerminalJobs, type TerminalProcess } from './terminal-jobs';

const job = (overrides: Partial<TerminalProcess> = {}): TerminalProcess => ({
    pid: 20,
    group: 20,
    session: 10,
    foreground: 20,
    ticks: 100,
    written: 1000,
    command: 'npm run build',
    ...overrides,
});
const shell = job({ pid: 10, group: 10, foreground: 10, command: 'bash' });

describe('terminal jobs', () => {
    it('count while they use CPU', () => {
        const jobs = new TerminalJobs();
        jobs.next([job()], 0);
        expect(jobs.next([job({ ticks: 120 })], 15_000)).toEqual(['npm run build']);
        expect(jobs.next([job({ ticks: 121 })], 30_000)).toEqual([]);
    });

    it('count while they print', () => {
        const jobs = new TerminalJobs();
        jobs.next([job()], 0);
        expect(jobs.next([job({ written: 1001 })], 15_000)).toHaveLength(1);
        expect(jobs.next([job({ written: 1001 })], 30_000)).toHaveLength(0);
    });

    it('count the work of the whole foreground group', () => {
        const jobs = new TerminalJobs();
        const child = job({ pid: 21, command: 'cc' });
        jobs.next([child, job()], 0);
        expect(jobs.next([{ ...child, ticks: 900 }, job()], 15_000)).toEqual(['npm run build']);
    });

    it('count at once when somebody starts them, but not those found at the first look', () => {
        const jobs = new TerminalJobs();
        expect(jobs.next([job()], 0)).toEqual([]);
        expect(jobs.next([job(), job({ pid: 30, group: 30, foreground: 30, command: 'make' })], 15_000)).toEqual(['make']);
    });

    it('are neither shells at their prompt nor jobs in the background', () => {
        const jobs = new TerminalJobs();
        const background = job({ foreground: 10 });
        jobs.next([shell, background], 0);
        expect(
            jobs.next(
                [
                    { ...shell, ticks: 900 },
                    { ...background, ticks: 900 },
                ],
                15_000,
            ),
        ).toEqual([]);
    });

    it('are read from the state of processes, whatever their names', () => {
        const fields = ['S', '1', '20', '10', '34816', '20', '0', '0', '0', '0', '0', '1', '2', '3', '4', '20', '0'];
        expect(parseTerminalStat(`20 (a) (b)) ${fields.join(' ')}`)).toEqual({
            pid: 20,
            group: 20,
            session: 10,
            foreground: 20,
            ticks: 10,
        });
        fields[4] = '0';
        expect(parseTerminalStat(`20 (x) ${fields.join(' ')}`)).toBeUndefined();
    });
});
