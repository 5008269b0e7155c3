import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const LICENCE_FILES = /^(licen[cs]e|copying|notice|third-?party)/i;
/** The last package that a path leads through. */
const PACKAGE = /^(.*node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+)/;

async function entryOf(folder) {
    const { name, version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && LICENCE_FILES.test(entry.name)).map((entry) => entry.name);
    const texts = await Promise.all(files.sort().map((file) => readFile(path.join(folder, file), 'utf8')));
    const text = texts.length > 0 ? texts.join('\n') : 'The package names this licence and brings no text of it.';
    return { name, text: `${'='.repeat(80)}\n${name} ${version} (${license ?? 'licence in the text below'})\n\n${text.trim()}\n` };
}

/**
 * Writes the licences of all packages of which a bundle has a part.
 * @param {{inputs: Record<string, unknown>}} metafile of esbuild
 * @param {string[]} more folders of packages of which files were copied
 */
export async function writeLicencesOf(metafile, more, target) {
    const bundled = Object.keys(metafile.inputs).map((input) => PACKAGE.exec(input)?.[1]);
    const folders = new Set([...bundled.filter(Boolean), ...more].map((folder) => path.resolve(folder)));
    const entries = await Promise.all([...folders].map(entryOf));
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    await writeFile(path.join(target, 'THIRD-PARTY-LICENCES.txt'), entries.map(({ text }) => text).join('\n'));
}
