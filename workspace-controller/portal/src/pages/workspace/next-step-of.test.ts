import { expect, it } from 'vitest';
import { nextStepOf } from './next-step-of.ts';

it('asks for the credential that the address needs', () => {
    expect(nextStepOf('git-auth', 'https://git.example.com/a/b')).toBe('credential');
    expect(nextStepOf('git-auth', 'git@git.example.com:a/b')).toBe('ssh-key');
});

it('leads to where a wrong value can be changed', () => {
    expect(nextStepOf('git-ref-not-found', 'https://git.example.com/a/b')).toBe('ref');
    expect(nextStepOf('git-unreachable', 'https://git.example.com/a/b')).toBe('address');
});

it('has nothing to say about what only trying again helps', () => {
    expect(nextStepOf('disk-full', 'https://git.example.com/a/b')).toBeUndefined();
    expect(nextStepOf('git-auth', '')).toBeUndefined();
    expect(nextStepOf(undefined, 'https://git.example.com/a/b')).toBeUndefined();
});
