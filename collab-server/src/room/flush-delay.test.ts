import { describe, expect, it } from 'vitest';
import { flushDelay } from './flush-delay.ts';

const limits = { shortestMs: 4, longestMs: 7 };

describe('how long an edit waits for others', () => {
    it('is not at all where nobody else is likely to type in time', () => {
        expect(flushDelay({ members: 2, roomGapMs: 500, serverGapMs: 500, ...limits })).toBe(0);
        expect(flushDelay({ members: 5, roomGapMs: 20, serverGapMs: 20, ...limits })).toBe(0);
    });

    it('is the shortest where only other rooms have edits', () => {
        expect(flushDelay({ members: 2, roomGapMs: 500, serverGapMs: 1, ...limits })).toBe(4);
    });

    it('is longer the more writes it saves, up to the limit', () => {
        const delays = [10, 7, 5, 1].map((roomGapMs) => flushDelay({ members: 5, roomGapMs, serverGapMs: roomGapMs, ...limits }));
        expect(delays).toEqual([...delays].sort((a, b) => a - b));
        expect(delays[0]).toBe(4);
        expect(delays.at(-1)).toBe(7);
    });

    it('counts everybody who is spared a frame', () => {
        expect(flushDelay({ members: 50, roomGapMs: 10, serverGapMs: 10, ...limits })).toBe(7);
    });
});
