import { describe, expect, it } from 'vitest';
import { applyEdits, minimalEdits } from './minimal-edits';

describe('minimal edits', () => {
    it('are none for the same text', () => {
        expect(minimalEdits('a\nb\n', 'a\nb\n')).toEqual([]);
    });

    it('touch the changed characters of one line only', () => {
        expect(minimalEdits('one\ntwo\nthree\n', 'one\ntwenty\nthree\n')).toEqual([{ offset: 6, length: 1, text: 'enty' }]);
    });

    it('leave lines between two changes alone', () => {
        const before = 'a\nb\nc\nd\ne\n';
        expect(minimalEdits(before, 'A\nb\nc\nd\nE\n')).toEqual([
            { offset: 0, length: 1, text: 'A' },
            { offset: 8, length: 1, text: 'E' },
        ]);
    });

    it('insert a line without touching its neighbours', () => {
        expect(minimalEdits('a\nb\n', 'a\nnew\nb\n')).toEqual([{ offset: 2, length: 0, text: 'new\n' }]);
    });

    it('never split a surrogate pair', () => {
        // Both pictures begin with the same code unit.
        expect(minimalEdits('x😀y', 'x😁y')).toEqual([{ offset: 1, length: 2, text: '😁' }]);
    });

    it('make the one text out of the other, whatever they are', () => {
        let seed = 20_261_125;
        const random = (below: number): number => {
            seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
            return seed % below;
        };
        const pieces = ['a', 'b', 'ab', '\n', '\n\n', '😀', '😁', 'é', ' ', ''];
        const text = (): string => Array.from({ length: random(30) }, () => pieces[random(pieces.length)]).join('');
        for (let round = 0; round < 3_000; round++) {
            const before = text();
            const after =
                random(2) === 0 ? text() : before.slice(0, random(before.length + 1)) + text() + before.slice(random(before.length + 1));
            const edits = minimalEdits(before, after);
            expect(applyEdits(before, edits), JSON.stringify({ before, after })).toBe(after);
            let end = 0;
            for (const edit of edits) {
                expect(edit.offset).toBeGreaterThanOrEqual(end);
                end = edit.offset + edit.length;
            }
        }
    });
});
