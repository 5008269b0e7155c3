import { describe, expect, it } from 'vitest';
import { reconnectDelayMs } from './backoff.ts';

describe('the pause before a reconnect', () => {
    const bounds = { firstMs: 500, ceilingMs: 30_000 };

    it('doubles up to the ceiling', () => {
        expect([0, 1, 2, 3].map((attempt) => reconnectDelayMs(attempt, 0.999999, bounds))).toEqual([500, 1000, 2000, 4000]);
        expect(reconnectDelayMs(1000, 0.999999, bounds)).toBe(30_000);
    });

    it('is between half and all of the step', () => {
        expect(reconnectDelayMs(1, 0, bounds)).toBe(500);
        expect(reconnectDelayMs(1, 0.5, bounds)).toBe(750);
    });
});
