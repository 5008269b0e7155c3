import { describe, expect, it } from 'vitest';
import { isWorkspaceName } from '@tandem/protocol';
import { displayNameFromRepository, nameForPoolMember, nameFromRepository } from './workspace-names.ts';

const random = () => 0.5;

describe('names of workspaces', () => {
    it.each([
        ['https://git.example.com/team/Shop.Api.git', 'shop-api-'],
        ['git@git.example.com:team/web.git', 'web-'],
        ['https://git.example.com/team/2048/', 'project-'],
        ['https://git.example.com/a/a-very-long-repository-name-indeed', 'a-very-long-repos-'],
        ['https://git.example.com/a/x--y', 'x-y-'],
        ['https://git.example.com/a/wv-thing', 'project-'],
        [undefined, 'project-'],
    ])('makes a legal host label of %s', (url, prefix) => {
        const name = nameFromRepository(url, random);
        expect(name.startsWith(prefix)).toBe(true);
        expect(isWorkspaceName(name)).toBe(true);
    });

    it('gives members of a pool names that read well and are legal', () => {
        let seed = 1;
        const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        for (let round = 0; round < 500; round++) {
            expect(isWorkspaceName(nameForPoolMember(next))).toBe(true);
        }
    });

    it('shows the name of the repository', () => {
        expect(displayNameFromRepository('https://git.example.com/team/Shop.git')).toBe('Shop');
        expect(displayNameFromRepository(undefined)).toBe('Empty project');
    });
});
