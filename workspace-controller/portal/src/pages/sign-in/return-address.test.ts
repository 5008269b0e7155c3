import { expect, it } from 'vitest';
import { returnAddress } from './return-address.ts';

it('keeps paths of this origin', () => {
    expect(returnAddress('/new?repo=https%3A%2F%2Fgit.example.com%2Fa%2Fb#x')).toBe('/new?repo=https%3A%2F%2Fgit.example.com%2Fa%2Fb#x');
    expect(returnAddress('/open/api-x7k2')).toBe('/open/api-x7k2');
});

it('goes home for everything else', () => {
    for (const value of [
        null,
        '',
        'https://evil.example',
        '//evil.example',
        '/\\evil.example',
        '/\t/evil.example',
        'javascript:alert(1)',
        '/sign-in',
        '/sign-in?return=/',
    ]) {
        expect(returnAddress(value), String(value)).toBe('/');
    }
});
