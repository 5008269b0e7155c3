/**
 * Builds the IDE: what is up to date is left alone, what was built before comes from the cache.
 *
 *   node ide/build.mjs [--quiet]
 *
 * Result: `ide/lib/backend/main.js`, `ide/lib/frontend/`, `ide/plugins/`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached, filesBelow, hashOf, nextOf } from './build/cache.mjs';
import { compressFolder } from './build/compress.mjs';
import { withLock } from './build/lock.mjs';
import { buildPlugins } from './build/plugins.mjs';

const ide = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(ide);
const lib = path.join(ide, 'lib');
const quiet = process.argv.includes('--quiet');
const run = promisify(execFile);

const started = performance.now();
function logger(step) {
    return (text) => {
        if (!quiet) {
            console.log(`[ide ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${step}: ${text}`);
        }
    };
}

async function node(script, ...args) {
    try {
        await run(process.execPath, [script, ...args], { cwd: ide, maxBuffer: 64 * 1024 * 1024 });
    } catch (error) {
        throw new Error(`${path.basename(script)} failed:\n${error.stdout}${error.stderr}`, { cause: error });
    }
}

async function plugins() {
    const inputs = [
        path.join(ide, 'plugins-src/package.json'),
        path.join(ide, 'plugins-src/package-lock.json'),
        path.join(ide, 'build/plugins.mjs'),
        path.join(ide, 'build/kept-extensions.mjs'),
        path.join(ide, 'build/licences.mjs'),
        ...(await filesBelow(path.join(ide, 'tools-extension'))),
    ];
    const log = logger('bundled extensions');
    const output = path.join(ide, 'plugins');
    const key = await hashOf(root, inputs);
    await cached({
        name: 'plugins',
        key,
        outputs: [output],
        marker: path.join(ide, '.plugins-key'),
        log,
        build: () => buildPlugins({ ide, output: nextOf(output), log }),
    });
    return key;
}

async function compile() {
    const log = logger('our extensions');
    const start = performance.now();
    const projects = ['core', 'collaboration', 'debugging', 'review', 'provisioning', 'deploy', 'security', 'teams'];
    const present = projects
        .map((name) => path.join(root, 'extensions', name))
        .filter((folder) => existsSync(path.join(folder, 'tsconfig.json')));
    await node(path.join(root, 'node_modules/typescript/bin/tsc'), '-b', ...present);
    log(`compiled in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Gives the staged files the name of their content and puts the page beside them. */
async function placeFrontend(staging, frontend) {
    const hash = createHash('sha256');
    for (const file of await filesBelow(staging)) {
        hash.update(path.relative(staging, file))
            .update('\0')
            .update(await readFile(file));
    }
    const build = hash.digest('hex').slice(0, 16);
    await compressFolder(staging);
    await rm(path.join(frontend, build), { recursive: true, force: true });
    await rename(staging, path.join(frontend, build));
    const { version } = JSON.parse(await readFile(path.join(ide, 'package.json'), 'utf8'));
    await writeFile(path.join(frontend, 'manifest.json'), JSON.stringify({ build, version }));
    await cp(path.join(ide, 'resources/index.html'), path.join(frontend, 'index.html'));
    await cp(path.join(ide, 'resources/logo.svg'), path.join(frontend, 'logo.svg'));
}

/** Theia's generated options write into `lib`, which backends run from while we build. */
async function redirectGenerated() {
    for (const name of ['gen-esbuild.browser.mjs', 'gen-esbuild.node.mjs']) {
        const file = path.join(ide, name);
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace(/'lib(?=['/])/g, `'${path.basename(nextOf(lib))}`));
    }
}

async function buildApplication(log) {
    const next = nextOf(lib);
    const staging = path.join(next, 'staging');
    const frontend = path.join(next, 'frontend');
    await mkdir(frontend, { recursive: true });
    const theia = path.join(root, 'node_modules/@theia/cli/bin/theia.js');
    await node(theia, 'generate', '--mode', 'production');
    await redirectGenerated();
    const { writeFrontendEntry } = await import('./build/frontend-entry.mjs');
    writeFrontendEntry(ide);
    const { writeLanguages } = await import('./build/languages.mjs');
    await writeLanguages({
        plugins: path.join(ide, 'plugins'),
        grammars: path.join(staging, 'grammars'),
        manifest: path.join(ide, 'src-gen/frontend/languages.json'),
    });
    log('bundling');
    process.chdir(ide);
    const { bundle } = await import('./esbuild.mjs');
    await bundle({ staging, frontend });
    log('compressing');
    await placeFrontend(staging, frontend);
}

/** Backends that are running go on naming the last build's folder, and so do open pages. */
async function keepLastFrontend(output, next) {
    const manifest = path.join(output, 'frontend/manifest.json');
    const { build } = JSON.parse(await readFile(manifest, 'utf8').catch(() => '{}'));
    const target = path.join(next, 'frontend', String(build));
    if (build && existsSync(path.join(output, 'frontend', build)) && !existsSync(target)) {
        await cp(path.join(output, 'frontend', build), target, { recursive: true });
    }
}

async function application(pluginsKey) {
    const inputs = [
        path.join(root, 'package-lock.json'),
        path.join(ide, 'package.json'),
        path.join(ide, 'esbuild.mjs'),
        path.join(ide, 'build.mjs'),
        ...(await filesBelow(path.join(ide, 'build'))),
        ...(await filesBelow(path.join(ide, 'resources'))),
        ...(await filesBelow(path.join(root, 'extensions'), (file) => /[/\\]src[/\\]/.test(file) && !/\.test\.ts$/.test(file))),
        ...(await filesBelow(path.join(root, 'packages/protocol/src'), (file) => !file.endsWith('.test.ts'))),
        ...(await filesBelow(path.join(root, 'packages/collab-client/src'), (file) => !file.endsWith('.test.ts'))),
    ];
    const log = logger('application');
    const key = await hashOf(root, inputs, pluginsKey);
    await cached({
        name: 'application',
        key,
        outputs: [lib],
        marker: path.join(ide, '.application-key'),
        carryOver: keepLastFrontend,
        log,
        build: () => buildApplication(log),
    });
}

await withLock(path.join(ide, '.build-lock'), logger('build'), async () => {
    const [pluginsKey] = await Promise.all([plugins(), compile()]);
    await application(pluginsKey);
});
