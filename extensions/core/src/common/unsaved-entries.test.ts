import { describe, expect, it } from 'vitest';
import { fromEntries, toEntries } from './unsaved-entries';

describe('unsaved entries', () => {
    it('come back as they were', () => {
        const entries = [{ uri: 'file:///a.ts', text: 'a\u2028\n"b"' }];
        expect(fromEntries(toEntries(entries))).toEqual(entries);
    });

    it.each([null, '', 'nonsense', '{}', '[1, null, {"uri": 1}]'])('are none in %s', (text) => {
        expect(fromEntries(text)).toEqual([]);
    });
});
