import { expect, it } from 'vitest';
import { shortName } from './short-name.ts';

it('makes a resource name from what people type', () => {
    expect(shortName('Ärger & Co.')).toBe('arger-co');
    expect(shortName('  Platform Team 2 ')).toBe('platform-team-2');
    expect(shortName('日本')).toBe('');
    expect(shortName('a'.repeat(39) + ' b')).toBe('a'.repeat(39));
});
