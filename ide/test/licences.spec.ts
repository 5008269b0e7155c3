import { expect, test } from '@playwright/test';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const plugins = path.join(path.dirname(import.meta.dirname), 'plugins');
const tools = path.join(plugins, 'tandem-tools');
const read = (...names: string[]): Promise<string> => readFile(path.join(...names), 'utf8');

test('every bundled extension names its licence, and the text ships with it', async () => {
    expect(await read(tools, 'licences/code-server.LICENSE')).toContain('Permission is hereby granted');
    expect((await read(tools, 'licences/code-server.ThirdPartyNotices.txt')).length).toBeGreaterThan(100_000);
    for (const name of await readdir(plugins)) {
        const manifest = await read(plugins, name, 'package.json').catch(() => read(plugins, name, 'extension/package.json'));
        expect(['MIT', 'Apache-2.0'], name).toContain((JSON.parse(manifest) as { license: string }).license);
    }
});

test('every bundled language server ships the licences of all that it is made of', async () => {
    for (const [server, packages] of [
        ['yaml', ['yaml-language-server', 'vscode-languageserver', 'ajv']],
        ['bash', ['bash-language-server', 'web-tree-sitter', '@one-ini/wasm']],
        ['dockerfile', ['dockerfile-language-server-nodejs', 'dockerfile-ast']],
        ['eslint', ['vscode-langservers-extracted', 'vscode-languageserver']],
    ] as const) {
        const text = await read(tools, 'servers', server, 'THIRD-PARTY-LICENCES.txt');
        for (const name of packages) {
            expect(text).toContain(`${'='.repeat(80)}\n${name} `);
        }
    }
    expect(await read(tools, 'THIRD-PARTY-LICENCES.txt')).toContain('vscode-languageclient');
    expect(await read(tools, 'servers/pyright/LICENSE.txt')).toContain('MIT');
});
