// npm run check:licenses: every package that is part of the product has a licence we may ship, and THIRD-PARTY-NOTICES.md
// lists it. `-- --write` writes that file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(root, 'THIRD-PARTY-NOTICES.md');

/** What may be shipped beside code under Apache-2.0, unmodified. */
const ALLOWED = new Set([
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'BSD',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'CC-BY-4.0',
    'CC0-1.0',
    'EPL-2.0',
    'ISC',
    'MIT',
    'MIT-0',
    'MPL-2.0',
    'OFL-1.1',
    'Python-2.0',
    'Unlicense',
    'W3C-20150513',
    'WTFPL',
    'Zlib',
]);
/** Weak copyleft: used as separate, unmodified modules that anyone can replace. */
const ALLOWED_AS_MODULE = new Set(['LGPL-2.1+', 'LGPL-2.1-or-later', 'LGPL-3.0-or-later']);
/** Packages that name no licence in their manifest, and where it was found. */
const KNOWN = {
    // Under "licenses", an older form that npm does not put into the lock file; the text is in its LICENSE.
    httpolyglot: 'MIT',
};

/** What of the tree is shipped: each lock file and the heading it stands under. */
const SOURCES = [
    { folder: '', heading: 'Platform, portal and IDE' },
    { folder: 'ide/plugins-src', heading: 'Bundled VS Code extensions and language servers' },
];

function licenceOf(folder, path, entry) {
    const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 13);
    const manifest = join(root, folder, path, 'package.json');
    const installed = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
    const given = entry.license ?? installed.license ?? installed.licenses?.map((licence) => licence.type ?? licence).join(' OR ');
    return { name, version: entry.version, licence: KNOWN[name] ?? (typeof given === 'object' ? given.type : given) ?? 'unknown' };
}

/** Whether an SPDX expression can be met with what is allowed. */
function isAllowed(expression) {
    const plain = expression.replace(/[()]/g, ' ').replace(/ WITH \S+/g, '');
    return plain
        .split(/\s+OR\s+/i)
        .some((choice) => choice.split(/\s+AND\s+/i).every((part) => ALLOWED.has(part.trim()) || ALLOWED_AS_MODULE.has(part.trim())));
}

function shippedPackages(folder) {
    const lockFile = join(root, folder, 'package-lock.json');
    if (!existsSync(lockFile)) {
        return [];
    }
    const unique = new Map();
    for (const [path, entry] of Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages)) {
        if (path.includes('node_modules/') && !entry.link && !entry.dev) {
            const shipped = licenceOf(folder, path, entry);
            unique.set(`${shipped.name} ${shipped.version}`, shipped);
        }
    }
    return [...unique.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}

const problems = [];
const lines = [
    '# Third-party notices',
    '',
    'Tandem is built with the packages below. Each is used unmodified, under its own licence; the full text is in the folder of the package that `npm ci` installs, and in the images at the same place. Written by `npm run check:licenses -- --write`.',
];
for (const { folder, heading } of SOURCES) {
    const packages = shippedPackages(folder);
    problems.push(
        ...packages.filter(({ licence }) => !isAllowed(licence)).map(({ name, version, licence }) => `${name} ${version}: ${licence}`),
    );
    lines.push('', `## ${heading}`);
    const byLicence = Map.groupBy(packages, ({ licence }) => licence);
    for (const [licence, some] of [...byLicence].sort(([a], [b]) => (a < b ? -1 : 1))) {
        lines.push('', `### ${licence}`, '', some.map(({ name, version }) => `\`${name}\` ${version}`).join(', '));
    }
}
const options = await prettier.resolveConfig(file);
const text = await prettier.format(`${lines.join('\n')}\n`, { ...options, parser: 'markdown' });

if (process.argv.includes('--write')) {
    writeFileSync(file, text);
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    problems.push('THIRD-PARTY-NOTICES.md is out of date. Run: npm run check:licenses -- --write');
}
if (problems.length > 0) {
    console.error(`Not to be shipped, or not known:\n${problems.join('\n')}`);
    process.exit(1);
}
console.log('Every shipped package has a licence that allows it.');
