import { describe, expect, it } from 'vitest';
import { readGitAddress, repositoryHost, sameRepository } from './git-address.ts';

describe('readGitAddress', () => {
    it('takes what git clone takes', () => {
        expect(readGitAddress('https://git.example.com/team/api.git')).toEqual({
            url: 'https://git.example.com/team/api.git',
            ref: undefined,
            label: 'team/api',
        });
        expect(readGitAddress('git@git.example.com:team/api.git')?.label).toBe('team/api');
        expect(readGitAddress('ssh://git@git.example.com:2222/team/api')?.url).toBe('ssh://git@git.example.com:2222/team/api');
        expect(readGitAddress('git clone https://git.example.com/a/b')?.url).toBe('https://git.example.com/a/b');
    });

    it('reads the branch out of the address of a page', () => {
        expect(readGitAddress('https://git.example.com/team/api/tree/feature/x')).toEqual({
            url: 'https://git.example.com/team/api',
            ref: 'feature/x',
            label: 'team/api',
        });
        expect(readGitAddress('https://git.example.com/group/sub/api/-/tree/main')?.url).toBe('https://git.example.com/group/sub/api');
        expect(readGitAddress('https://git.example.com/team/api/src/branch/main')?.ref).toBe('main');
    });

    it('adds the protocol that people leave out', () => {
        expect(readGitAddress('git.example.com/team/api')?.url).toBe('https://git.example.com/team/api');
        expect(readGitAddress('git.example.com:8443/team/api')?.url).toBe('https://git.example.com:8443/team/api');
    });

    it('refuses what is no address', () => {
        for (const text of ['', 'hello', 'two words', 'https://', 'https://git.example.com', 'javascript:alert(1)//x', 'C:\\code']) {
            expect(readGitAddress(text), text).toBeUndefined();
        }
    });
});

describe('sameRepository', () => {
    it('sees through the ways to write one address', () => {
        expect(sameRepository('git@git.example.com:team/api.git', 'https://GIT.example.com/team/api/')).toBe(true);
        expect(sameRepository('https://me@git.example.com/team/api', 'https://git.example.com/team/api.git')).toBe(true);
        expect(sameRepository('https://git.example.com/team/api', 'https://git.example.com/team/web')).toBe(false);
        expect(sameRepository('https://one.example.com/team/api', 'https://two.example.com/team/api')).toBe(false);
    });
});

describe('repositoryHost', () => {
    it('is what a credential is kept for', () => {
        expect(repositoryHost('git@git.example.com:team/api.git')).toBe('git.example.com');
        expect(repositoryHost('https://git.example.com:8443/team/api.git')).toBe('git.example.com:8443');
    });
});
