import { expect, it } from 'vitest';
import { keepOrder } from './keep-order.ts';

const byNumber = (a: string, b: string) => Number(a) - Number(b);
const self = (item: string) => item;

it('sorts what was not shown yet', () => {
    expect(keepOrder(['3', '1', '2'], self, byNumber, [])).toEqual(['1', '2', '3']);
});

it('leaves rows where they are and puts new ones first', () => {
    expect(keepOrder(['1', '2', '3', '5', '4'], self, byNumber, ['3', '1', '2'])).toEqual(['4', '5', '3', '1', '2']);
});

it('closes the gap of a row that went', () => {
    expect(keepOrder(['1', '3'], self, byNumber, ['3', '2', '1'])).toEqual(['3', '1']);
});
