import { describe, expect, it } from 'vitest';
import { classifyPath, safeReturnPath } from './reserved-path.ts';

describe('reserved paths', () => {
    it.each([
        ['/.tandem/session', { kind: 'reserved', name: 'session', rest: '' }],
        ['/.tandem/enter?code=a&to=/b', { kind: 'reserved', name: 'enter', rest: '' }],
        ['/.tandem/api/teams/home?x=/../', { kind: 'reserved', name: 'api', rest: '/teams/home' }],
        ['/', { kind: 'plain' }],
        ['/files/?uri=%2F.tandem%2F', { kind: 'plain' }],
        ['/a%20b/.tandem/x', { kind: 'plain' }],
        ['/.tandemx/', { kind: 'plain' }],
    ])('%s', (url, expected) => {
        expect(classifyPath(url)).toEqual(expected);
    });

    it.each([
        '/.tandem',
        '/%2etandem/control',
        '/.%74andem/control',
        '/%252etandem/control',
        '//.tandem/control',
        '/x/../.tandem/control',
        '/x/..%2f.tandem/control',
        '/x/%2e%2e/.tandem/control',
        '/.TANDEM/control',
        '\\.tandem\\control',
        '/./.tandem/control',
        '/.tandem;x/control',
        '/.tandem%2fcontrol',
        '/%2etandem%ff/../.tandem/control',
        '/.tandem/api/../control',
        '/.tandem/api/..%2fcontrol',
        '/.tandem/api//control',
    ])('does not let %s pass as something else', (url) => {
        expect(classifyPath(url).kind).toBe('disguised');
    });
});

describe('where an entrance leads', () => {
    it('is a path of the same origin, with its query', () => {
        expect(safeReturnPath('/?folder=%2Fhome#/x')).toBe('/?folder=%2Fhome#/x');
    });

    it.each([
        null,
        undefined,
        '',
        'https://evil.example',
        '//evil.example',
        '/\\evil.example',
        '/a\\b',
        '/a b',
        '/a\r\nSet-Cookie: x',
        '/.tandem/enter?code=1',
        '/é',
        `/${'a'.repeat(5000)}`,
    ])('is the root instead of %j', (to) => {
        expect(safeReturnPath(to)).toBe('/');
    });
});
