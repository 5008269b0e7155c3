import { describe, expect, it } from 'vitest';
import { defaultConfiguration } from './default-configurations';

describe('defaultConfiguration', () => {
    it.each([
        ['typescript', 'node'],
        ['javascript', 'node'],
        ['python', 'debugpy'],
        ['go', 'go'],
    ])('of %s runs with the debugger %s', (language, type) => {
        expect(defaultConfiguration(language)).toMatchObject({ type, request: 'launch' });
    });

    it.each(['c', 'markdown', undefined])('of %s is none', (language) => {
        expect(defaultConfiguration(language)).toBeUndefined();
    });
});
