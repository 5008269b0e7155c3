import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prng from 'lib0/prng';
import * as Y from 'yjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SqliteStore, packUpdates } from '../src/log/sqlite-store.ts';
import { UpdateState } from '../src/update/update-state.ts';
import { temporaryDirectory } from './support.ts';

const full = process.env.TANDEM_TEST_SIZE === 'full';
const ROOMS = 12;
const TYPED = 'some words that people typed; ';

/** What a damaged store gave for a room. */
type Outcome = 'whole' | 'earlier' | 'refused' | 'wrong';

describe('a store of several rooms', () => {
    const seed = Number(process.env.TANDEM_TEST_SEED ?? Date.now() % 1_000_000);
    const random = prng.create(seed);
    const origin = temporaryDirectory();
    /** Every text that a room had after one of its commits, the last one last. */
    const texts = new Map<string, string[]>();
    const target = temporaryDirectory();
    const fileOf = (directory: string) => join(directory, 'collab.sqlite');
    let closed: Buffer;
    let crashed: { file: Buffer; wal: Buffer };

    beforeAll(() => {
        const store = new SqliteStore(fileOf(origin), { readOnly: false });
        const append = (room: string, update: Uint8Array) => {
            const data = packUpdates([update]);
            store.append([room], [data.length], data, 1);
        };
        for (let index = 0; index < ROOMS; index++) {
            const room = `r/${index}`;
            const doc = new Y.Doc();
            const text = doc.getText('t');
            const states: string[] = [];
            text.insert(0, `room ${index}: ${TYPED.repeat(5 + index * 20)}`);
            append(room, Y.encodeStateAsUpdate(doc));
            states.push(text.toString());
            for (let edit = 0; edit < 5; edit++) {
                const before = Y.encodeStateVector(doc);
                text.insert(text.length, ` edit ${edit}`);
                append(room, Y.encodeStateAsUpdate(doc, before));
                states.push(text.toString());
            }
            texts.set(room, states);
        }
        // As a crash leaves it: nearly everything in the write-ahead log.
        copyFileSync(`${fileOf(origin)}-wal`, join(origin, 'kept-wal'));
        crashed = { file: readFileSync(fileOf(origin)), wal: readFileSync(join(origin, 'kept-wal')) };
        store.close();
        closed = readFileSync(fileOf(origin));
    });

    /** Puts the files down, opens them as the server does, and reads every room. */
    function read(file: Buffer, wal: Buffer | undefined): Outcome[] {
        for (const ending of ['', '-wal', '-shm']) {
            rmSync(fileOf(target) + ending, { force: true });
        }
        writeFileSync(fileOf(target), file);
        if (wal) {
            writeFileSync(`${fileOf(target)}-wal`, wal);
        }
        let store: SqliteStore;
        try {
            store = new SqliteStore(fileOf(target), { readOnly: false });
        } catch {
            // The server does not start, and says why.
            return [...texts].map(() => 'refused');
        }
        const outcomes = [...texts].map(([room, states]): Outcome => {
            try {
                const doc = new Y.Doc();
                Y.applyUpdate(doc, UpdateState.from(store.load(room)).encode());
                const text = doc.getText('t').toString();
                return text === states.at(-1) ? 'whole' : text === '' || states.includes(text) ? 'earlier' : 'wrong';
            } catch {
                return 'refused';
            }
        });
        store.close();
        return outcomes;
    }

    const flip = (bytes: Buffer, at: number) => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] as number) ^ (1 << prng.int32(random, 0, 7));
        return flipped;
    };

    it('[D10] of which a byte of what people typed was flipped refuses that room and gives the others whole', { timeout: 600_000 }, () => {
        const offsets: number[] = [];
        for (let at = closed.indexOf(TYPED); at >= 0; at = closed.indexOf(TYPED, at + 1)) {
            offsets.push(at);
        }
        for (let round = 0; round < (full ? 5_000 : 100); round++) {
            const at = (offsets[prng.int32(random, 0, offsets.length - 1)] as number) + prng.int32(random, 0, TYPED.length - 1);
            const outcomes = read(flip(closed, at), undefined);
            expect(
                outcomes.filter((outcome) => outcome !== 'whole'),
                `seed ${seed}, byte ${at}`,
            ).toEqual(['refused']);
        }
    });

    // SQLite has no checksums of its own: a flipped bit in a key makes it look for a row in the wrong place. THREAT_MODEL.md says so.
    it('[D10] of which any byte was flipped seldom gives a room otherwise than whole or not at all', { timeout: 600_000 }, () => {
        const counts = { whole: 0, refused: 0, earlier: 0, wrong: 0 };
        for (let round = 0; round < (full ? 5_000 : 200); round++) {
            const at = prng.int32(random, 0, closed.length - 1);
            read(flip(closed, at), undefined).forEach((outcome) => counts[outcome]++);
        }
        console.log(`seed ${seed}: rooms whole ${counts.whole}, refused ${counts.refused}, unseen ${counts.earlier + counts.wrong}`);
        expect(counts.refused).toBeGreaterThan(0);
        expect(counts.earlier + counts.wrong).toBeLessThan(counts.refused);
    });

    it('[D11] of which the log was torn or hit gives every room as it was after one of its commits', { timeout: 600_000 }, () => {
        const counts = { whole: 0, earlier: 0, refused: 0 };
        expect(read(crashed.file, crashed.wal)).toEqual(Array.from({ length: ROOMS }, () => 'whole'));
        for (let round = 0; round < (full ? 5_000 : 100); round++) {
            const at = prng.int32(random, 0, crashed.wal.length - 1);
            const wal = round % 2 === 0 ? crashed.wal.subarray(0, at) : flip(crashed.wal, at);
            const outcomes = read(crashed.file, wal);
            outcomes.forEach((outcome, index) => {
                expect(outcome, `seed ${seed}, round ${round}, byte ${at}, room ${index}`).not.toBe('wrong');
                counts[outcome as keyof typeof counts]++;
            });
            // Rooms were written one after the other: behind the first that is not whole there is nothing newer.
            const firstEarlier = outcomes.indexOf('earlier');
            expect(firstEarlier < 0 || outcomes.slice(firstEarlier + 1).every((outcome) => outcome === 'earlier')).toBe(true);
        }
        console.log(`rooms whole ${counts.whole}, as they were before ${counts.earlier}`);
        expect(counts.earlier).toBeGreaterThan(0);
    });
});
