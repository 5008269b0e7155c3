import { describe, expect, it } from 'vitest';
import { EMPTY_DRAFT, requestOf } from './create-draft.ts';

describe('requestOf', () => {
    it('asks for nothing that was not typed', () => {
        expect(requestOf(EMPTY_DRAFT)).toEqual({});
        expect(requestOf({ ...EMPTY_DRAFT, address: ' https://git.example.com/a/b ' })).toEqual({
            source: { url: 'https://git.example.com/a/b' },
        });
    });

    it('takes the branch of a pasted page, unless another one was typed', () => {
        const address = 'https://git.example.com/a/b/tree/dev';
        expect(requestOf({ ...EMPTY_DRAFT, address })?.source).toEqual({ url: 'https://git.example.com/a/b', ref: 'dev' });
        expect(requestOf({ ...EMPTY_DRAFT, address, ref: 'main' })?.source?.ref).toBe('main');
    });

    it('is nothing while the address makes no sense', () => {
        expect(requestOf({ ...EMPTY_DRAFT, address: 'hello' })).toBeUndefined();
    });
});
