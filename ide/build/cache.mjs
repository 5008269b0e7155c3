/**
 * Keeps the results of build steps outside the clone, by the hash of what went in, so that a second clone, a CI run or a switch
 * of branches does not build again what was built before.
 */
import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** How many results of a step are kept. */
const KEPT_RESULTS = 4;

const cacheRoot = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tandem', 'ide');

/** All files below `folder`, sorted, as absolute paths. */
export async function filesBelow(folder, accept = () => true) {
    if (!existsSync(folder)) {
        return [];
    }
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${path.sep}node_modules`))
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter(accept)
        .sort();
}

/** Hash over names and contents, and over what else decides the result. */
export async function hashOf(root, files, ...more) {
    const hash = createHash('sha256');
    for (const file of files) {
        hash.update(path.relative(root, file))
            .update('\0')
            .update(await readFile(file))
            .update('\0');
    }
    hash.update(JSON.stringify([...more, process.platform, process.arch]));
    return hash.digest('hex').slice(0, 20);
}

async function prune(folder) {
    const names = await readdir(folder).catch(() => []);
    const entries = await Promise.all(names.map(async (name) => ({ name, mtimeMs: (await stat(path.join(folder, name))).mtimeMs })));
    entries.sort((a, b) => b.mtimeMs - a.mtimeMs);
    await Promise.all(entries.slice(KEPT_RESULTS).map(({ name }) => rm(path.join(folder, name), { recursive: true, force: true })));
}

const copyOptions = { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: true, verbatimSymlinks: true };

/** Where a step writes before its result takes the place of the last one: what runs from there goes on meanwhile. */
export const nextOf = (output) => `${output}-next`;

async function swapIn(output, carryOver) {
    const old = `${output}-old`;
    await carryOver?.(output, nextOf(output));
    await rm(old, { recursive: true, force: true });
    if (existsSync(output)) {
        await rename(output, old);
    }
    await rename(nextOf(output), output);
    await rm(old, { recursive: true, force: true });
}

/**
 * Runs a step unless its result is there already: in place, or in the cache.
 * @param {{name: string, key: string, outputs: string[], marker: string, build: () => Promise<void>, log: (text: string) => void,
 *        carryOver?: (output: string, next: string) => Promise<void>}} step
 *        outputs: absolute folders that the step fills, under the names of `nextOf`; marker: file that names the key of what is in place;
 *        carryOver: takes over from the last result what is still in use.
 */
export async function cached({ name, key, outputs, marker, build, log, carryOver }) {
    const inPlace = await readFile(marker, 'utf8').catch(() => '');
    if (inPlace === key && outputs.every(existsSync)) {
        log('up to date');
        return;
    }
    const folder = path.join(cacheRoot, name);
    const entry = path.join(folder, key);
    await Promise.all(outputs.map((output) => rm(nextOf(output), { recursive: true, force: true })));
    if (existsSync(entry)) {
        await Promise.all(outputs.map((output, index) => cp(path.join(entry, String(index)), nextOf(output), copyOptions)));
        const now = new Date();
        await utimes(entry, now, now);
        log('taken from the cache');
    } else {
        const start = performance.now();
        await build();
        log(`built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
        await keep(folder, entry, outputs.map(nextOf)).catch((error) => log(`not cached: ${error.message}`));
    }
    await rm(marker, { force: true });
    for (const output of outputs) {
        await swapIn(output, carryOver);
    }
    await mkdir(path.dirname(marker), { recursive: true });
    await writeFile(marker, key);
}

async function keep(folder, entry, outputs) {
    const partial = `${entry}.${process.pid}`;
    await mkdir(partial, { recursive: true });
    for (const [index, output] of outputs.entries()) {
        await cp(output, path.join(partial, String(index)), copyOptions);
    }
    await rm(entry, { recursive: true, force: true });
    await rename(partial, entry);
    await prune(folder);
}
