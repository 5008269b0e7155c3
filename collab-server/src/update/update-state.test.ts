import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import * as prng from 'lib0/prng';
import { scanUpdate } from './scan-update.ts';
import { InvalidUpdate } from './update-reader.ts';
import { UpdateState, decodeStateVector, encodeStateVector, joinUpdates } from './update-state.ts';

const runs = process.env.TANDEM_TEST_SIZE === 'full' ? 3000 : 300;

/** Random edits on several documents with partial exchange; returns every update in the order of its making. */
function record(seed: number): { updates: Uint8Array[]; reference: Y.Doc } {
    const random = prng.create(seed);
    const updates: Uint8Array[] = [];
    const docs = Array.from({ length: prng.int32(random, 1, 4) }, (_, index) => {
        const doc = new Y.Doc();
        doc.clientID = prng.int32(random, 1, 2 ** 31 - 10) + index;
        doc.on('update', (update: Uint8Array, origin: unknown) => origin !== 'remote' && updates.push(update));
        return doc;
    });
    for (let step = 0; step < 40; step++) {
        const doc = prng.oneOf(random, docs);
        const text = doc.getText('text');
        const map = doc.getMap<unknown>('map');
        switch (prng.int32(random, 0, 7)) {
            case 0:
            case 1:
            case 2:
                text.insert(prng.int32(random, 0, text.length), prng.oneOf(random, ['a', 'hello', 'ß→𝄞', '\n']));
                break;
            case 3:
                if (text.length > 1) {
                    const at = prng.int32(random, 0, text.length - 1);
                    text.delete(at, Math.min(3, text.length - at));
                }
                break;
            case 4:
                map.set(
                    `k${prng.int32(random, 0, 3)}`,
                    prng.oneOf<unknown>(random, [1, 'x', { a: [1, null, 2.5] }, new Uint8Array([1, 2])]),
                );
                break;
            case 5:
                text.applyDelta([{ insert: 'bold', attributes: { bold: true } }]);
                break;
            case 6:
                map.set('nested', new Y.Array());
                (map.get('nested') as Y.Array<unknown>).push([1, { x: new Y.Map() instanceof Y.Map }, 'y']);
                break;
            default: {
                const other = prng.oneOf(random, docs);
                if (other !== doc) {
                    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc)), 'remote');
                }
            }
        }
    }
    const reference = new Y.Doc();
    updates.forEach((update) => Y.applyUpdate(reference, update));
    return { updates, reference };
}

function contentOf(doc: Y.Doc): unknown {
    return {
        text: doc.getText('text').toDelta(),
        map: doc.getMap('map').toJSON(),
        vector: [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(),
    };
}

function docOf(...updates: Uint8Array[]): Y.Doc {
    const doc = new Y.Doc();
    updates.forEach((update) => Y.applyUpdate(doc, update));
    return doc;
}

describe('a document as bytes', () => {
    it('[U1] gives the same document as Yjs for random edits in any order, with repeats, merges and overlaps', () => {
        for (let seed = 1; seed <= runs; seed++) {
            const random = prng.create(seed * 7919);
            const { updates, reference } = record(seed);
            const shuffled = prng.bool(random) ? updates : [...updates].sort(() => prng.real53(random) - 0.5);
            const state = new UpdateState();
            for (let index = 0; index < shuffled.length; index++) {
                const update = shuffled[index] as Uint8Array;
                const more = shuffled.slice(Math.max(0, index - prng.int32(random, 0, 6)), index + 1);
                const pick = prng.int32(random, 0, 3);
                state.append(scanUpdate(pick === 0 ? Y.mergeUpdates(more) : update));
                if (pick === 1) {
                    state.encode();
                }
                if (pick === 2) {
                    expect(state.append(scanUpdate(update)), `seed ${seed}`).toBe(false);
                }
                if (pick === 3) {
                    state.append(scanUpdate(Y.encodeStateAsUpdate(docOf(...more))));
                }
            }
            const full = docOf(state.encode());
            expect(contentOf(full), `seed ${seed}`).toEqual(contentOf(reference));
            expect(full.store.pendingStructs, `seed ${seed}`).toBe(null);
            expect([...state.stateVector()].sort(), `seed ${seed}`).toEqual(
                [...Y.decodeStateVector(Y.encodeStateVector(reference))].sort(),
            );
            expect(contentOf(docOf(UpdateState.from([state.encode()]).encode()))).toEqual(contentOf(reference));
        }
    });

    it('[U2] answers a state vector with what is missing and little more', () => {
        for (let seed = 1; seed <= runs; seed++) {
            const { updates, reference } = record(seed);
            const half = docOf(...updates.slice(0, updates.length / 2));
            const state = UpdateState.from(updates);
            const diff = state.encode(decodeStateVector(Y.encodeStateVector(half)));
            Y.applyUpdate(half, diff);
            expect(contentOf(half), `seed ${seed}`).toEqual(contentOf(reference));
            expect(state.append(scanUpdate(diff))).toBe(false);
        }
    });

    it('[U3] joins updates of a flush into one', () => {
        const { updates, reference } = record(11);
        expect(contentOf(docOf(joinUpdates(updates.map(scanUpdate))))).toEqual(contentOf(reference));
        expect(Y.decodeStateVector(encodeStateVector(UpdateState.from(updates).stateVector()))).toEqual(
            Y.decodeStateVector(Y.encodeStateVector(reference)),
        );
    });

    it('[U5] gives out the update that began a large document as it came, and all of it when more has followed', () => {
        const doc = new Y.Doc();
        for (let index = 0; index < 4_000; index++) {
            doc.getText('text').insert((index * 7919) % (index + 1), 'words ');
        }
        doc.getText('text').delete(100, 50);
        const first = Y.encodeStateAsUpdate(doc);
        const state = UpdateState.from([first]);
        expect(Buffer.compare(state.encode(), first)).toBe(0);
        expect(state.encode().buffer).toBe(first.buffer);

        const before = Y.encodeStateVector(doc);
        doc.getText('text').insert(7, 'more');
        doc.getMap('map').set('key', 1);
        state.append(scanUpdate(Y.encodeStateAsUpdate(doc, before)));
        expect(contentOf(docOf(state.encode()))).toEqual(contentOf(doc));
        expect(contentOf(docOf(first, state.encode(decodeStateVector(before))))).toEqual(contentOf(doc));
    });

    it('[U4] what the scan lets through, every client can apply; the rest is refused without side effects', () => {
        let passed = 0;
        let refused = 0;
        for (let seed = 1; seed <= runs; seed++) {
            const random = prng.create(seed * 104_729);
            const { updates } = record(seed);
            const whole = Y.mergeUpdates(updates);
            for (let round = 0; round < 20; round++) {
                let bytes = Uint8Array.from(prng.bool(random) ? whole : prng.oneOf(random, updates));
                switch (prng.int32(random, 0, 3)) {
                    case 0:
                        bytes = bytes.subarray(0, prng.int32(random, 0, bytes.length));
                        break;
                    case 1:
                        bytes[prng.int32(random, 0, bytes.length - 1)] = prng.int32(random, 0, 255);
                        break;
                    case 2:
                        for (let flips = 0; flips < 4; flips++) {
                            bytes[prng.int32(random, 0, bytes.length - 1)] = prng.int32(random, 0, 255);
                        }
                        break;
                    default:
                        bytes = prng.uint8Array(random, prng.int32(random, 0, 60));
                }
                let scanned;
                try {
                    scanned = scanUpdate(bytes);
                } catch (error) {
                    expect(error).toBeInstanceOf(InvalidUpdate);
                    refused++;
                    continue;
                }
                passed++;
                const state = UpdateState.from([whole]);
                state.append(scanned);
                expect(() => docOf(whole, bytes), `seed ${seed}: ${Buffer.from(bytes).toString('hex')}`).not.toThrow();
                expect(() => docOf(state.encode()), `seed ${seed}: ${Buffer.from(bytes).toString('hex')}`).not.toThrow();
            }
        }
        expect(passed).toBeGreaterThan(0);
        expect(refused).toBeGreaterThan(0);
    });
});
