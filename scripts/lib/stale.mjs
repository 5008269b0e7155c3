import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const SKIPPED = new Set(['node_modules', 'lib', 'dist', '.git', 'src-gen', 'test-results', 'plugins']);

function* filesBelow(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) {
        return;
    }
    if (stat.isFile()) {
        yield [path, stat];
        return;
    }
    for (const entry of readdirSync(path).sort()) {
        if (!SKIPPED.has(entry)) {
            yield* filesBelow(join(path, entry));
        }
    }
}

/** A fingerprint of inputs by path, size and time of change: quick enough to take at every start. */
export function fingerprint(root, inputs) {
    const hash = createHash('sha256').update(process.version);
    for (const input of inputs) {
        for (const [path, stat] of filesBelow(join(root, input))) {
            hash.update(`${relative(root, path)}\0${stat.size}\0${stat.mtimeMs}\n`);
        }
    }
    return hash.digest('hex');
}

const stampFile = (root, name) => join(root, '.cache', 'build', `${name}.stamp`);

/** Whether `name` was last built from these very inputs and its outputs are still there. */
export function isFresh(root, name, print, outputs) {
    try {
        return readFileSync(stampFile(root, name), 'utf8') === print && outputs.every((output) => statSync(join(root, output)));
    } catch {
        return false;
    }
}

export function markFresh(root, name, print) {
    mkdirSync(join(root, '.cache', 'build'), { recursive: true });
    writeFileSync(stampFile(root, name), print);
}
