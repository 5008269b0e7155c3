import { describe, expect, it } from 'vitest';
import { FakeClock } from '@tandem/server-kit';
import { backoffDelayMs } from './backoff.ts';
import { WorkQueue, type WorkResult } from './work-queue.ts';

function gate(): { promise: Promise<void>; open: () => void } {
    let open = (): void => undefined;
    const promise = new Promise<void>((resolve) => (open = resolve));
    return { promise, open };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function queueOf(work: (key: string) => Promise<WorkResult>, clock = new FakeClock(), concurrency = 2) {
    return new WorkQueue({ clock, concurrency, work, onError: () => undefined, random: () => 1 });
}

describe('the work queue', () => {
    it('works on a key once however often it is added while it waits', async () => {
        const worked: string[] = [];
        const blocker = gate();
        const queue = queueOf(
            async (key) => {
                worked.push(key);
                await blocker.promise;
                return undefined;
            },
            new FakeClock(),
            1,
        );
        ['a', 'b', 'b', 'b'].forEach((key) => queue.add(key));
        blocker.open();
        await settle();
        expect(worked).toEqual(['a', 'b']);
    });

    it('never works on one key twice at the same time, and once more when it was added meanwhile', async () => {
        let atOnce = 0;
        let most = 0;
        let runs = 0;
        const blocker = gate();
        const queue = queueOf(async () => {
            runs++;
            most = Math.max(most, ++atOnce);
            await blocker.promise;
            atOnce--;
            return undefined;
        });
        queue.add('a');
        queue.add('a');
        queue.add('a');
        blocker.open();
        await settle();
        await settle();
        expect([most, runs]).toEqual([1, 2]);
    });

    it('tries failed work again after a growing pause, for ever', async () => {
        const clock = new FakeClock();
        let runs = 0;
        const queue = queueOf(async () => {
            runs++;
            throw new Error('not yet');
        }, clock);
        queue.add('a');
        await settle();
        const pauses: number[] = [];
        for (let round = 0; round < 12; round++) {
            const before = runs;
            let waited = 0;
            while (runs === before) {
                clock.advance(100);
                waited += 100;
                await settle();
            }
            pauses.push(waited);
        }
        expect(pauses[0]).toBe(200);
        expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
        expect(pauses.at(-1)).toBe(30_000);
    });

    it('comes back when the work asks for it, and keeps the earlier of two appointments', async () => {
        const clock = new FakeClock();
        let runs = 0;
        const queue = queueOf(async () => (++runs === 1 ? { requeueAfterMs: 5_000 } : undefined), clock);
        queue.add('a');
        await settle();
        queue.addAfter('a', 60_000);
        clock.advance(5_000);
        await settle();
        expect(runs).toBe(2);
    });

    it('resolves its stop only when the running work has ended', async () => {
        const blocker = gate();
        let ended = false;
        const queue = queueOf(async () => {
            await blocker.promise;
            ended = true;
            return undefined;
        });
        queue.add('a');
        const stopped = queue.stop();
        blocker.open();
        await stopped;
        expect(ended).toBe(true);
    });
});

describe('backoff', () => {
    it('lies between half of the step and the step', () => {
        const backoff = { firstMs: 100, maximumMs: 1000 };
        expect(backoffDelayMs(backoff, 1, 0)).toBe(50);
        expect(backoffDelayMs(backoff, 3, 1)).toBe(400);
        expect(backoffDelayMs(backoff, 500, 1)).toBe(1000);
    });
});
