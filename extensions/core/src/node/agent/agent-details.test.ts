import { describe, expect, it } from 'vitest';
import type { IdentityClaims } from '@tandem/protocol';
import { applyEnvironment, hidePrivateEnvironment } from './agent-environment';
import { lineSplitter, parseCloneProgress } from './clone-progress';
import { FrontendOwners, revocationMatcher } from './frontend-owners';
import { withoutSecret } from './git-failure';
import { configValue } from './git-identity';
import { parseGitStatus } from './git-status';

const claims = (overrides: Partial<IdentityClaims> = {}): IdentityClaims => ({
    iss: 'i',
    aud: 'a',
    sub: 'ada',
    sid: 's',
    grant: 'owner',
    role: 'owner',
    iat: 0,
    exp: 1,
    ...overrides,
});

describe('a page id', () => {
    it('belongs to the person, grant and role that came with it first', () => {
        const owners = new FrontendOwners();
        expect(owners.claim('page', claims())).toBe(true);
        expect(owners.claim('page', claims({ sid: 'another session of hers' }))).toBe(true);
        expect(owners.claim('page', claims({ sub: 'bob' }))).toBe(false);
        expect(owners.claim('page', claims({ grant: 'g' }))).toBe(false);
        expect(owners.claim('page', claims({ role: 'editor' }))).toBe(false);
    });

    it('is found by the revocation that ends it', () => {
        const owners = new FrontendOwners();
        owners.claim('one', claims());
        owners.claim('two', claims({ sub: 'bob', sid: 't', grant: 'g' }));
        expect(owners.matching(revocationMatcher('grant', 'g'))).toEqual(['two']);
        expect(owners.matching(revocationMatcher('user', 'ada'))).toEqual(['one']);
        expect(owners.matching(revocationMatcher('session', 't'))).toEqual(['two']);
        expect(owners.matching(revocationMatcher('token', 'x'))).toEqual([]);
    });
});

describe('progress of a clone', () => {
    it('rises over the steps and tells the amount', () => {
        const lines = [
            'remote: Enumerating objects: 100, done.',
            'remote: Counting objects: 100% (3/3), done.',
            'Receiving objects:  50% (50/100), 41.20 MiB | 3.10 MiB/s',
            'Resolving deltas: 100% (9/9), done.',
            'Updating files: 100% (7/7), done.',
        ];
        const percents = lines.map((line) => parseCloneProgress(line)?.percent ?? -1);
        expect(percents).toEqual([...percents].sort((a, b) => a - b));
        expect(percents.at(-1)).toBe(100);
        expect(parseCloneProgress(lines[2]!)?.detail).toBe('Receiving objects, 41.20 MiB');
        expect(parseCloneProgress('fatal: no')).toBeUndefined();
    });

    it('comes in pieces', () => {
        const seen: string[] = [];
        const split = lineSplitter((line) => seen.push(line));
        ['Receiving obj', 'ects: 1%\rReceiving objects: 2%\r', '\nlast'].forEach(split);
        expect(seen).toEqual(['Receiving objects: 1%', 'Receiving objects: 2%']);
    });
});

describe('git', () => {
    it('tells branch and changed files', () => {
        const lines = [
            '# branch.oid 0123456789abcdef',
            '# branch.head main',
            '1 .M N... a',
            '2 R. N... b',
            'u UU N... c',
            '? new',
            '! ignored',
        ];
        expect(parseGitStatus(lines)).toEqual({ branch: 'main', uncommittedFiles: 4 });
        expect(parseGitStatus(['# branch.oid 0123456789abcdef', '# branch.head (detached)'])).toMatchObject({ branch: '0123456789' });
    });

    it('gets names that hold quotes, backslashes and line breaks', () => {
        expect(configValue('a "b" \\ c\n[core]')).toBe('"a \\"b\\" \\\\ c [core]"');
    });

    it('shows no token of an address', () => {
        expect(withoutSecret('https://x:ghp_123@example.com/a.git')).toBe('https://example.com/a.git');
        expect(withoutSecret('git@example.com:a.git')).toBe('git@example.com:a.git');
    });
});

describe('the environment of terminals', () => {
    it("has the template's variables, but none that are ours", () => {
        const environment: NodeJS.ProcessEnv = { HOME: '/home/dev', TANDEM_JWKS: '{}', TANDEM_WORKSPACE_UID: 'u' };
        applyEnvironment(environment, { A: '1', HOME: '/', TANDEM_WORKSPACE_UID: 'x', 'B C': '2' });
        hidePrivateEnvironment(environment);
        expect(environment).toEqual({ HOME: '/home/dev', TANDEM_WORKSPACE_UID: 'u', A: '1' });
    });
});
