// npm run check:versions: packages that must exist once do, and the lock file holds nothing that runs or points elsewhere.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/** Two copies of these break at run time: `instanceof`, contexts and injection tokens no longer match. */
const ONCE = ['@theia/core', 'inversify', 'react', 'react-dom', 'yjs', '@lumino/widgets', 'typescript', 'typebox'];
/** One release of Theia: its packages are published together and only work together. */
const SAME_VERSION = /^@theia\//;
/** Packages of Theia's making with version numbers of their own. */
const OWN_VERSION = new Set(['@theia/monaco-editor-core', '@theia/ffmpeg', '@theia/ovsx-client-types']);
const PINNED = /^(\d+\.\d+\.\d+(-[\w.]+)?|npm:.+@\d+\.\d+\.\d+(-[\w.]+)?|file:.+)$/;

const problems = [];
const lock = read('package-lock.json');
const packages = Object.entries(lock.packages);
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const installed = packages.filter(([path, entry]) => path.includes('node_modules/') && !entry.link);

for (const name of ONCE) {
    const copies = installed.filter(([path]) => nameOf(path) === name);
    if (copies.length > 1) {
        problems.push(
            `${name} is installed ${copies.length} times:${copies.map(([path, entry]) => `\n    ${path} ${entry.version}`).join('')}\n` +
                '    Give every package that uses it the same exact version, or add an override to the root package.json.',
        );
    }
}

const theia = new Map();
for (const [path, entry] of installed.filter(([path]) => SAME_VERSION.test(nameOf(path)) && !OWN_VERSION.has(nameOf(path)))) {
    theia.set(entry.version, [...(theia.get(entry.version) ?? []), nameOf(path)]);
}
if (theia.size > 1) {
    problems.push(
        `Theia comes in ${theia.size} versions:${[...theia].map(([version, names]) => `\n    ${version}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`).join('')}`,
    );
}

// Scripts at install run only for what is listed, and everything listed is refused: natives ship their binaries.
const listed = read('package.json').allowScripts ?? {};
for (const [path, entry] of installed.filter(([, entry]) => entry.hasInstallScript)) {
    const name = entry.name ?? nameOf(path);
    if (!(name in listed)) {
        problems.push(
            `${name} ${entry.version} has an install script. Find a package without one, or enter "${name}": false in allowScripts of the root package.json.`,
        );
    }
}
// npm compiles what has a binding.gyp, which the lock file does not say.
const IMPLIED = ['better-sqlite3'];
const scripted = new Set(
    installed
        .filter(([path, entry]) => entry.hasInstallScript || IMPLIED.includes(nameOf(path)))
        .map(([path, entry]) => entry.name ?? nameOf(path)),
);
for (const name of Object.keys(listed)) {
    if (!scripted.has(name)) {
        problems.push(`allowScripts of the root package.json lists ${name}, which is not installed or has no install script. Remove it.`);
    }
}

// A registry's address in the lock file ties every clone to one machine's registry.
const resolved = packages.filter(([, entry]) => /^(https?|git|ssh)/.test(entry.resolved ?? ''));
if (resolved.length > 0) {
    problems.push(
        `package-lock.json holds ${resolved.length} addresses, such as ${resolved[0][1].resolved}.\n` +
            '    Write it with: npm install --package-lock-only --omit-lockfile-registry-resolved',
    );
}
// npm checks what it downloads against these, so one that is missing is one that is not checked.
const unchecked = installed.filter(
    ([, entry]) => !entry.integrity && !entry.inBundle && !entry.link && entry.version && !entry.resolved?.startsWith('file:'),
);
if (unchecked.length > 0) {
    problems.push(
        `package-lock.json has no integrity for ${unchecked
            .map(([path]) => path)
            .slice(0, 5)
            .join(', ')}. Remove node_modules and package-lock.json entries of it and install again.`,
    );
}

for (const path of ['', ...packages.map(([path]) => path).filter((path) => path !== '' && !path.includes('node_modules'))]) {
    const manifest = read(path, 'package.json');
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
        for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
            if (!PINNED.test(range)) {
                problems.push(`${path || '.'}/package.json asks for ${name} "${range}". Give an exact version.`);
            }
        }
    }
}

if (problems.length > 0) {
    console.error(problems.join('\n'));
    process.exit(1);
}
console.log(`${installed.length} packages: no second copy of ${ONCE.join(', ')}; no unlisted install script; no address in the lock file.`);
