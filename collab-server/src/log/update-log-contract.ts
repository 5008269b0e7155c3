import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpdateLog } from './update-log.ts';

export interface LogFixture {
    /** Opens the log on the same data; closed by `close`. */
    open(): Promise<UpdateLog>;
    /** Removes the data. */
    dispose(): Promise<void>;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const plain = (updates: readonly Uint8Array[]) => updates.map((update) => [...update]);

/** What every `UpdateLog` does. */
export function describeUpdateLog(name: string, createFixture: () => Promise<LogFixture>): void {
    describe(`${name} as an update log`, () => {
        let fixture: LogFixture;
        let log: UpdateLog;

        beforeEach(async () => {
            fixture = await createFixture();
            log = await fixture.open();
        });

        afterEach(async () => {
            await log.close();
            await fixture.dispose();
        });

        it('[D2] gives back what was appended, in order, also after it was opened again', async () => {
            expect(await log.load('a')).toEqual([]);
            await log.append([
                { room: 'a', updates: [bytes(1), bytes(2, 3)] },
                { room: 'b/ü', updates: [bytes(9)] },
            ]);
            await log.append([{ room: 'a', updates: [bytes(4)] }]);
            await log.close();
            log = await fixture.open();
            await log.append([{ room: 'a', updates: [bytes(5)] }]);
            expect(plain(await log.load('a'))).toEqual([[1], [2, 3], [4], [5]]);
            expect(plain(await log.load('b/ü'))).toEqual([[9]]);
        });

        it('[D3] keeps the order of appends that were not waited for', async () => {
            const appended = Array.from({ length: 50 }, (_, index) => log.append([{ room: 'a', updates: [bytes(index)] }]));
            await Promise.all(appended);
            expect(plain(await log.load('a'))).toEqual(Array.from({ length: 50 }, (_, index) => [index]));
        });

        it('[D4] folds what was appended before into a snapshot, and nothing that came after', async () => {
            await log.append([{ room: 'a', updates: [bytes(1), bytes(2)] }]);
            const compacted = log.compact('a', bytes(12));
            const appended = log.append([{ room: 'a', updates: [bytes(3)] }]);
            await Promise.all([compacted, appended]);
            expect(plain(await log.load('a'))).toEqual([[12], [3]]);
        });

        it('[D5] lists rooms by name and prefix, in pages', async () => {
            for (const room of ['x/1', 'x/2', 'x/3', 'x_', 'y']) {
                await log.append([{ room, updates: [bytes(0, 0)] }]);
            }
            expect((await log.list({ prefix: 'x/', limit: 2 })).map(({ room }) => room)).toEqual(['x/1', 'x/2']);
            expect((await log.list({ prefix: 'x/', after: 'x/2', limit: 2 })).map(({ room }) => room)).toEqual(['x/3']);
            const [first] = await log.list({ limit: 1 });
            expect(first?.bytes).toBeGreaterThan(0);
            expect(first?.updatedAt).toBeGreaterThanOrEqual(first?.createdAt ?? Infinity);
        });

        it('[D6] removes a room with its versions, and a new one of the name is empty', async () => {
            await log.append([{ room: 'a', updates: [bytes(1)] }]);
            await log.saveVersion('a', { name: 'v', author: '', snapshot: bytes(1) });
            expect(await log.remove('a')).toBe(true);
            expect(await log.remove('a')).toBe(false);
            expect(await log.load('a')).toEqual([]);
            expect(await log.listVersions('a')).toEqual([]);
            await log.append([{ room: 'a', updates: [bytes(7)] }]);
            expect(plain(await log.load('a'))).toEqual([[7]]);
        });

        it('[D7] rewrites a room and forgets its versions', async () => {
            await log.append([{ room: 'a', updates: [bytes(1), bytes(2)] }]);
            await log.saveVersion('a', { name: 'v', author: '', snapshot: bytes(1) });
            await log.load('a');
            expect(await log.rewrite('a', bytes(3))).toBe(true);
            expect(plain(await log.load('a'))).toEqual([[3]]);
            expect(await log.listVersions('a')).toEqual([]);
        });

        it('[D8] keeps versions apart by room', async () => {
            await log.append([
                { room: 'a', updates: [bytes(1)] },
                { room: 'b', updates: [bytes(1)] },
            ]);
            const version = await log.saveVersion('a', { name: 'first', author: 'ada', snapshot: bytes(5, 6) });
            await log.saveVersion('a', { name: 'second', author: 'bob', snapshot: bytes(7) });
            expect((await log.listVersions('a')).map((each) => each.name)).toEqual(['second', 'first']);
            expect([...((await log.loadVersion('a', version.id)) ?? [])]).toEqual([5, 6]);
            expect(await log.loadVersion('b', version.id)).toBeUndefined();
        });

        it('[D9] takes large updates and many rooms in one batch', async () => {
            const large = Y.encodeStateAsUpdate(new Y.Doc());
            const big = Buffer.alloc(6 * 1024 * 1024, 7);
            await log.append([
                { room: 'big', updates: [big] },
                ...Array.from({ length: 500 }, (_, index) => ({ room: `many/${index}`, updates: [large] })),
            ]);
            expect((await log.load('big'))[0]?.length).toBe(big.length);
            expect(await log.list({ prefix: 'many/', limit: 500 })).toHaveLength(500);
            await log.check();
        });
    });
}
