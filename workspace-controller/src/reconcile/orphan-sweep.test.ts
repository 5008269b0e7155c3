import { describe, expect, it } from 'vitest';
import { judgeOrphans } from './orphan-sweep.ts';

const judge = (found: string[], known: string[], suspects: string[]) => judgeOrphans(found, new Set(known), new Set(suspects));

describe('instances without an object', () => {
    it('are only suspected when they are seen for the first time', () => {
        const verdict = judge(['mine', 'lost'], ['mine'], []);
        expect(verdict).toEqual({ destroy: [], stop: [], suspects: new Set(['lost']) });
    });

    it('are destroyed when they are seen again', () => {
        expect(judge(['mine', 'lost'], ['mine'], ['lost']).destroy).toEqual(['lost']);
    });

    it('are never those that have an object by now', () => {
        expect(judge(['made'], ['made'], ['made'])).toEqual({ destroy: [], stop: [], suspects: new Set() });
    });

    it('keep their files when they are most of all, as after the database was lost', () => {
        const all = ['a', 'b', 'c', 'd', 'e'];
        expect(judge(all, [], all)).toMatchObject({ destroy: [], stop: all });
        expect(judge(all, ['a', 'b'], all)).toMatchObject({ destroy: ['c', 'd', 'e'], stop: [] });
    });
});
