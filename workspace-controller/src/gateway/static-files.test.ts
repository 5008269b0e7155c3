import { describe, expect, it } from 'vitest';
import { hasHashedName, staticPath } from './static-files.ts';

describe('names with a hash', () => {
    it.each([
        'bundle.3f9c2a71.js',
        'chunk-QX7L2K4A.js',
        '22e20909c14fce9d/bundle.js',
        '22e20909c14fce9d/grammars/a.json',
        'a/font.0a1b2c3d4e.woff2',
        'b.3f9c2a71.js.map',
    ])('%s is kept for ever', (path) => expect(hasHashedName(path)).toBe(true));
    it.each([
        'bundle.js',
        'editor.worker.js',
        'secondary-window.js',
        'plugin-worker.js',
        'context/context.js',
        'manifest.json',
        'deadbeefdeadbeef.js/x',
    ])('%s is asked for again', (path) => expect(hasHashedName(path)).toBe(false));
});

describe('paths of files', () => {
    it.each(['/../a', '/a/../b', '/..%2fa', '/%2e%2e/a', '/a%00', '/a\\b', '/a%5cb', '//a', '/%', '/%252e%252e/a', '/.'])(
        '%s is none',
        (path) => expect(staticPath(path)).toBeUndefined(),
    );
    it('are decoded once', () => {
        expect(staticPath('/a%20b/c.js')).toBe('a b/c.js');
        expect(staticPath('/..a/b..c')).toBe('..a/b..c');
    });
});
