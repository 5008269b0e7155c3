import { describe, expect, it } from 'vitest';
import { duration, minutesInWords, relativeTime } from './time.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const MINUTE = 60_000;

describe('relativeTime', () => {
    it('says what people say', () => {
        expect(relativeTime(ago(3_000), NOW)).toBe('just now');
        expect(relativeTime(ago(MINUTE), NOW)).toBe('1 minute ago');
        expect(relativeTime(ago(119 * MINUTE), NOW)).toBe('1 hour ago');
        expect(relativeTime(ago(26 * 60 * MINUTE), NOW)).toBe('yesterday');
        expect(relativeTime(ago(-70 * MINUTE), NOW)).toBe('in 1 hour');
        expect(relativeTime(ago(-(7 * 24 * 60 * MINUTE - 1000)), NOW)).toBe('in 7 days');
    });

    it('forgives a clock that is a little behind the server', () => {
        expect(relativeTime(ago(-15_000), NOW)).toBe('just now');
    });

    it('gives a date after a week, with the year when it is another one', () => {
        expect(relativeTime('2026-02-01T12:00:00Z', NOW)).toBe('Feb 1');
        expect(relativeTime('2025-02-01T12:00:00Z', NOW)).toBe('Feb 1, 2025');
    });

    it('shows what is no time as it is', () => {
        expect(relativeTime('soon', NOW)).toBe('soon');
    });
});

describe('duration', () => {
    it('is exact where it is short and coarse where it is long', () => {
        expect(duration(90)).toBe('< 0.1 s');
        expect(duration(430)).toBe('0.4 s');
        expect(duration(12_900)).toBe('12 s');
        expect(duration(185_000)).toBe('3 min 05 s');
        expect(duration(2 * 3_600_000 + 10 * MINUTE)).toBe('2 h 10 min');
        expect(duration(-5)).toBe('0.0 s');
    });
});

describe('minutesInWords', () => {
    it('names days, hours and minutes', () => {
        expect(minutesInWords(90)).toBe('1 hour 30 minutes');
        expect(minutesInWords(2880)).toBe('2 days');
        expect(minutesInWords(0)).toBe('0 minutes');
    });
});
