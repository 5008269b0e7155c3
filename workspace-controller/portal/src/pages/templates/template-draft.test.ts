import { describe, expect, it } from 'vitest';
import { draftOf, isWrongLine, NEW_TEMPLATE, readEnvironment, specOf } from './template-draft.ts';

describe('readEnvironment', () => {
    it('reads lines, keeps equal signs in values, skips comments', () => {
        expect(readEnvironment('A=1\n\n# note\n_B2 = no\n'.replace(' = no', '=a=b'))).toEqual({ A: '1', _B2: 'a=b' });
    });

    it('says which line is wrong', () => {
        const wrong = readEnvironment('A=1\nnot a variable');
        expect(isWrongLine(wrong)).toBe(true);
        expect(wrong).toEqual({ line: 2, text: 'not a variable' });
    });

    it('takes a variable that is called line', () => {
        expect(isWrongLine(readEnvironment('line=5'))).toBe(false);
    });
});

it('gives back a template as it was read', () => {
    const spec = specOf({ ...NEW_TEMPLATE, displayName: 'Node', url: 'https://git.example.com/a/b', ref: 'main' }, { CI: '1' });
    const draft = draftOf({ metadata: { name: 'node' }, spec } as never);
    const environment = readEnvironment(draft.environment);
    expect(isWrongLine(environment) ? undefined : specOf(draft, environment)).toEqual(spec);
});
