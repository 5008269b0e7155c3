/**
 * Takes languages, their configurations and grammars out of the bundled extensions, so that the page can colour a file before
 * any extension is loaded, and needs no grammar text over the RPC channel.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

const asPair = (pair) => (Array.isArray(pair) ? { open: pair[0], close: pair[1] } : pair);

/** From the form of a language-configuration.json to the one that the page registers. */
function convertConfiguration(raw) {
    return {
        ...raw,
        autoClosingPairs: raw.autoClosingPairs?.map(asPair),
        surroundingPairs: raw.surroundingPairs?.map(asPair),
    };
}

async function manifests(plugins) {
    const names = (await readdir(plugins)).sort();
    const found = [];
    for (const name of names) {
        const folder = [path.join(plugins, name, 'extension'), path.join(plugins, name)].find((candidate) =>
            existsSync(path.join(candidate, 'package.json')),
        );
        if (folder) {
            found.push({ name, folder, manifest: JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) });
        }
    }
    return found;
}

/** @param {{plugins: string, grammars: string, manifest: string}} paths grammars: folder that gets the grammars; manifest: file that lists all. */
export async function writeLanguages({ plugins, grammars: grammarsFolder, manifest: manifestFile }) {
    const jsonc = require('jsonc-parser');
    const languages = [];
    const grammars = [];
    await mkdir(grammarsFolder, { recursive: true });
    for (const { name, folder, manifest } of await manifests(plugins)) {
        for (const language of manifest.contributes?.languages ?? []) {
            const { configuration, icon: _icon, ...rest } = language;
            const file = configuration && path.join(folder, configuration);
            const parsed = file && existsSync(file) ? convertConfiguration(jsonc.parse(await readFile(file, 'utf8'))) : undefined;
            languages.push({ ...rest, configuration: parsed });
        }
        for (const grammar of manifest.contributes?.grammars ?? []) {
            const source = path.join(folder, grammar.path);
            if (!existsSync(source)) {
                continue;
            }
            const isJson = source.endsWith('json');
            const file = `${name}.${path.basename(source)}`;
            const target = path.join(grammarsFolder, file);
            if (isJson) {
                await writeFile(target, JSON.stringify(JSON.parse(await readFile(source, 'utf8'))));
            } else {
                await cp(source, target);
            }
            const { path: _path, scopeName, ...rest } = grammar;
            grammars.push({ ...rest, scope: scopeName, file, format: isJson ? 'json' : 'plist' });
        }
    }
    await writeFile(manifestFile, JSON.stringify({ languages, grammars }));
}
