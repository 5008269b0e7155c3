import { expect, it } from 'vitest';
import { browserInWords } from './browser-in-words.ts';

it('names browser and system', () => {
    expect(browserInWords('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36')).toBe(
        'Chrome on Linux',
    );
    expect(
        browserInWords('Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/605.1'),
    ).toBe('Safari on macOS');
    expect(browserInWords('Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/145.0')).toBe('Firefox on Windows');
    expect(browserInWords('tandem/0.1.0 node')).toBe('tandem/0.1.0 node');
    expect(browserInWords('')).toBe('Unknown');
});
