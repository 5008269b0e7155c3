import { describe, expect, it } from 'vitest';
import { ActivityReporter } from './activity-reporter';

describe('the activity reporter', () => {
    it('tells of input at most every 15 seconds', () => {
        let now = 0;
        const reports: object[] = [];
        const reporter = new ActivityReporter({ now: () => now, report: (activity) => reports.push(activity) });
        for (; now < 31_000; now += 1_000) {
            reporter.noteInput();
        }
        expect(reports).toHaveLength(3);
    });

    it('tells at once when debugging starts and ends, without counting it as input', () => {
        const reports: object[] = [];
        const reporter = new ActivityReporter({ now: () => 0, report: (activity) => reports.push(activity) });
        reporter.noteDebugging(true);
        reporter.noteDebugging(true);
        reporter.noteDebugging(false);
        expect(reports).toEqual([
            { input: false, debugging: true },
            { input: false, debugging: false },
        ]);
    });
});
