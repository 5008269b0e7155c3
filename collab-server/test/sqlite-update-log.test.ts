import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { CommitBeat } from '../src/log/commit-beat.ts';
import { DEFAULT_LIMITS } from '../src/limits.ts';
import { SqliteUpdateLog } from '../src/log/sqlite-update-log.ts';
import { UpdateLogError, type RoomUpdates } from '../src/log/update-log.ts';
import { describeUpdateLog } from '../src/log/update-log-contract.ts';
import { RawClient } from './raw-client.ts';
import { startService, temporaryDirectory, waitFor } from './support.ts';

describeUpdateLog('SQLite', async () => {
    const directory = temporaryDirectory();
    return {
        open: () => SqliteUpdateLog.open(directory),
        dispose: async () => rmSync(directory, { recursive: true }),
    };
});

function update(text: string): Uint8Array {
    const doc = new Y.Doc();
    doc.getText('t').insert(0, text);
    return Y.encodeStateAsUpdate(doc);
}

describe('the journal of the SQLite log', () => {
    it('[D14] is folded into each room when it has grown long, in order, and forgets without a trace', async () => {
        const directory = temporaryDirectory();
        const log = await SqliteUpdateLog.open(directory);
        const rooms = ['a', 'b', 'c'];
        const piece = (room: string, index: number) => Buffer.from(`${room}-${index}-`.padEnd(16_000, room));
        for (let index = 0; index < 100; index++) {
            await log.append(rooms.map((room) => ({ room, updates: [piece(room, index)] })));
        }
        // 4.8 MB were folded at least once; a large piece comes behind what is still in the journal.
        await log.append([{ room: 'a', updates: [Buffer.alloc(100_000, 1)] }]);
        await log.append([{ room: 'a', updates: [piece('a', 100)] }]);
        await log.append([{ room: 'gone', updates: [Buffer.from('a secret that was typed')] }]);
        expect(await log.remove('gone')).toBe(true);
        const check = async (opened: SqliteUpdateLog) => {
            const names = (await opened.load('a')).map((bytes) => Buffer.from(bytes).toString('latin1', 0, 8).split('-')[1] ?? 'large');
            expect(names).toEqual([...Array.from({ length: 100 }, (_, index) => String(index)), 'large', '100']);
            expect(await opened.load('b')).toHaveLength(100);
            expect((await opened.list({ limit: 10 })).map(({ room, bytes }) => [room, bytes > 1_600_000])).toEqual([
                ['a', true],
                ['b', true],
                ['c', true],
            ]);
        };
        await check(log);
        await log.close();
        expect(readFileSync(join(directory, 'collab.sqlite')).indexOf('a secret that was typed')).toBe(-1);
        const again = await SqliteUpdateLog.open(directory);
        await check(again);
        await again.compact('c', Buffer.from([1, 2, 3]));
        expect(await again.load('c')).toEqual([Uint8Array.of(1, 2, 3)]);
        await again.close();
    });

    it('[D15] is added to a file of the first version, which keeps its documents', async () => {
        const directory = temporaryDirectory();
        const database = new DatabaseSync(join(directory, 'collab.sqlite'));
        database.exec(`
            CREATE TABLE room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT;
            CREATE TABLE entry (
                room INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL,
                PRIMARY KEY (room, sequence)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO room VALUES (1, 'a', 0), (2, 'b', 0);
            PRAGMA user_version = 1;
        `);
        const insert = database.prepare('INSERT INTO entry VALUES (?, ?, 0, ?, ?)');
        for (const [room, sequence, value] of [
            [2, 1, 9],
            [1, 2, 2],
            [1, 1, 1],
        ] as const) {
            const data = Buffer.from([1, 0, 0, 0, value]);
            insert.run(room, sequence, crc32(data), data);
        }
        database.close();
        const log = await SqliteUpdateLog.open(directory);
        await log.append([{ room: 'a', updates: [Uint8Array.of(3)] }]);
        expect(await log.load('a')).toEqual([1, 2, 3].map((value) => Uint8Array.of(value)));
        expect(await log.load('b')).toEqual([Uint8Array.of(9)]);
        await log.close();
    });
});

describe('a damaged store', () => {
    it('[D10] is an error to the client for the room it hit, never an empty document, and others go on', async () => {
        const directory = temporaryDirectory();
        const log = await SqliteUpdateLog.open(directory);
        await log.append([{ room: 'hit', updates: [update('precious text that must not be replaced')] }]);
        await log.append([{ room: 'fine', updates: [update('fine')] }]);
        await log.close();
        const file = join(directory, 'collab.sqlite');
        const at = readFileSync(file).indexOf('precious');
        expect(at).toBeGreaterThan(0);
        const handle = openSync(file, 'r+');
        writeSync(handle, Buffer.from('q'), 0, 1, at);
        closeSync(handle);

        const running = await startService({ directory });
        const hit = new RawClient(running.url, 'hit');
        await waitFor('the refusal', () => hit.closeCode !== undefined);
        expect(hit.closeCode).toBe(4500);
        expect(hit.synced).toBe(false);
        const fine = new RawClient(running.url, 'fine');
        await waitFor('the other room', () => fine.synced);
        fine.close();
        await running.close();
    });

    it('[D11] of which the end was torn off opens with every commit that was whole', async () => {
        const directory = temporaryDirectory();
        const log = await SqliteUpdateLog.open(directory);
        for (let index = 0; index < 20; index++) {
            await log.append([{ room: 'a', updates: [Uint8Array.of(index)] }]);
        }
        // The files as a crash leaves them: the last commit cut off in the middle of its page.
        const copy = temporaryDirectory();
        const { writeFileSync } = await import('node:fs');
        const wal = readFileSync(join(directory, 'collab.sqlite-wal'));
        writeFileSync(join(copy, 'collab.sqlite'), readFileSync(join(directory, 'collab.sqlite')));
        writeFileSync(join(copy, 'collab.sqlite-wal'), wal.subarray(0, wal.length - 2_000));
        await log.close();
        const again = await SqliteUpdateLog.open(copy);
        const loaded = (await again.load('a')).map(([value]) => value);
        expect(loaded.length).toBeGreaterThanOrEqual(18);
        expect(loaded).toEqual(Array.from({ length: loaded.length }, (_, index) => index));
        await again.close();
    });

    it('[D12] written by a newer version is refused with its number', async () => {
        const directory = temporaryDirectory();
        const database = new DatabaseSync(join(directory, 'collab.sqlite'));
        database.exec('PRAGMA user_version = 99');
        database.close();
        await expect(SqliteUpdateLog.open(directory)).rejects.toThrow('schema 99');
    });
});

describe('a full disk', () => {
    /** SQLite's own answer to a full disk, without filling one: the file may not grow over so many pages. */
    class LimitedLog {
        full = false;
        private readonly log: SqliteUpdateLog;

        constructor(log: SqliteUpdateLog) {
            this.log = log;
        }

        append(batch: readonly RoomUpdates[]): Promise<void> {
            return this.full ? Promise.reject(new UpdateLogError('full', 'database or disk is full')) : this.log.append(batch);
        }
    }

    it('[D13] holds acknowledgements back, keeps the edits, and gives them when there is space again', async () => {
        const log = await SqliteUpdateLog.open(temporaryDirectory());
        const limited = new LimitedLog(log);
        limited.full = true;
        const failures: (string | undefined)[] = [];
        const beat = new CommitBeat(limited, { ...DEFAULT_LIMITS, commitRetryMs: 10 }, (failure) => failures.push(failure?.message));
        let committed = 0;
        const waiter = { committed: (count: number) => void (committed += count) };
        beat.add('a', Uint8Array.of(1), waiter);
        await waitFor('the failure', () => beat.failure !== undefined);
        beat.add('a', Uint8Array.of(2), waiter);
        await expect(beat.drain(50)).rejects.toThrow('full');
        expect(committed).toBe(0);
        limited.full = false;
        await waitFor('the acknowledgements', () => committed === 2);
        expect(failures).toEqual(['database or disk is full', undefined]);
        expect((await log.load('a')).map(([value]) => value)).toEqual([1, 2]);
        expect(beat.uncommittedBytes).toBe(0);
        await log.close();
    });
});
