/** Copies the extensions that ship with the IDE, bundles our own one and the language servers it starts, and keeps all licences. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import esbuild from 'esbuild';
import { DROPPED_EXTENSIONS, NEEDS_TYPESCRIPT } from './kept-extensions.mjs';
import { writeLicencesOf } from './licences.mjs';

const run = promisify(execFile);
const MANIFEST_PLACEHOLDER = '<?xml version="1.0" encoding="utf-8"?>\n<PackageManifest Version="2.0.0"/>\n';
const leftOut = /\.(map|node)$|[/\\](test|tests|__tests__)[/\\]/;

const copyWithoutMaps = (from, to) => cp(from, to, { recursive: true, dereference: true, filter: (file) => !leftOut.test(file) });

async function installSources(folder, log) {
    const lock = await readFile(path.join(folder, 'package-lock.json'), 'utf8');
    const marker = path.join(folder, 'node_modules/.installed-lock');
    if ((await readFile(marker, 'utf8').catch(() => '')) === lock) {
        return;
    }
    log('npm ci (once, the packages are only copied from)');
    const npm = process.env.npm_execpath;
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    // Settings of the surrounding npm run (workspace, prefix) must not reach this other project.
    const env = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^npm_(config_(workspace|prefix|local_prefix)|package_)/i.test(name)),
    );
    const command = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
    await run(command[0], command[1], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 });
    await writeFile(marker, lock);
}

async function copyBuiltIns(modules, output) {
    const source = path.join(modules, 'code-server/lib/vscode/extensions');
    const entries = await readdir(source, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory() && !DROPPED_EXTENSIONS.has(entry.name)).map((entry) => entry.name);
    for (const name of names) {
        const target = path.join(output, name);
        if (NEEDS_TYPESCRIPT.has(name)) {
            await copyWithoutMaps(path.join(source, name), path.join(target, 'extension'));
            await writeFile(path.join(target, 'extension.vsixmanifest'), MANIFEST_PLACEHOLDER);
        } else {
            await copyWithoutMaps(path.join(source, name), target);
        }
    }
    await copyTypeScript(modules, output);
    return names.length;
}

async function copyTypeScript(modules, output) {
    const [first, ...others] = [...NEEDS_TYPESCRIPT];
    const target = path.join(output, first, 'node_modules/typescript');
    await mkdir(target, { recursive: true });
    for (const name of ['package.json', 'LICENSE.txt', 'ThirdPartyNoticeText.txt']) {
        await cp(path.join(modules, 'typescript', name), path.join(target, name));
    }
    // tsserver loads its library files and messages from here; the compiler's own executables and locales are not needed.
    await cp(path.join(modules, 'typescript/lib'), path.join(target, 'lib'), {
        recursive: true,
        filter: (file) => !/[/\\]lib[/\\]([a-z]{2}(-[a-z]+)?)$/i.test(file) && !/_tsc\.js$|tsc\.js$/.test(file),
    });
    for (const other of others) {
        await symlink(`../${first}/node_modules`, path.join(output, other, 'node_modules'));
    }
}

/** The UMD builds of the Microsoft packages hide their imports from a bundler; the module builds beside them do not. */
const preferModules = {
    name: 'prefer-modules',
    setup: (build) =>
        build.onResolve({ filter: /\/lib\/umd\// }, ({ path: name, ...rest }) =>
            build.resolve(name.replace('/lib/umd/', '/lib/esm/'), { resolveDir: rest.resolveDir, kind: rest.kind }),
        ),
};

const serverOptions = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    mainFields: ['module', 'main'],
    plugins: [preferModules],
    logLevel: 'error',
    // The licences stand in a file beside each bundle.
    legalComments: 'none',
    metafile: true,
};

/** Bundled language servers: entry below node_modules, and files that they read beside themselves. */
const SERVERS = [
    { name: 'yaml', packageName: 'yaml-language-server', entry: 'lib/esm/server.js', files: [] },
    {
        name: 'bash',
        packageName: 'bash-language-server',
        entry: 'out/cli.js',
        files: [
            ['bash-language-server/tree-sitter-bash.wasm', '../tree-sitter-bash.wasm'],
            ['bash-language-server/out/get-options.sh', 'get-options.sh'],
            ['@one-ini/wasm/one_ini_bg.wasm', 'one_ini_bg.wasm'],
        ],
        wasmOf: 'web-tree-sitter',
    },
    { name: 'dockerfile', packageName: 'dockerfile-language-server-nodejs', entry: 'lib/server.js', files: [] },
    { name: 'eslint', packageName: 'vscode-langservers-extracted', entry: 'lib/eslint-language-server/eslintServer.js', files: [] },
];

async function copyLicence(modules, packageName, target) {
    const folder = path.join(modules, packageName);
    const names = await readdir(folder);
    for (const name of names.filter((candidate) => /^(licen[cs]e|copying|notice|thirdparty)/i.test(candidate))) {
        await cp(path.join(folder, name), path.join(target, name), { recursive: true });
    }
    const { version, license, homepage, repository } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
    await writeFile(
        path.join(target, 'ORIGIN.json'),
        JSON.stringify({ name: packageName, version, license, homepage, repository }, undefined, 2),
    );
}

async function bundleServers(modules, folder) {
    for (const { name, packageName, entry, files, wasmOf } of SERVERS) {
        const target = path.join(folder, name);
        await mkdir(target, { recursive: true });
        const { metafile } = await esbuild.build({
            ...serverOptions,
            entryPoints: [path.join(modules, packageName, entry)],
            outfile: path.join(target, 'server.js'),
        });
        for (const [from, to] of files) {
            await cp(path.join(modules, from), path.join(target, to));
        }
        if (wasmOf) {
            const wasm = (await readdir(path.join(modules, wasmOf))).filter((file) => file.endsWith('.wasm'));
            await Promise.all(wasm.map((file) => cp(path.join(modules, wasmOf, file), path.join(target, file))));
        }
        await copyLicence(modules, packageName, target);
        const copiedFrom = files.map(([from]) =>
            from
                .split('/')
                .slice(0, from.startsWith('@') ? 2 : 1)
                .join('/'),
        );
        const others = [...copiedFrom, ...(wasmOf ? [wasmOf] : [])].map((other) => path.join(modules, other));
        await writeLicencesOf(metafile, others, target);
    }
    const pyright = path.join(folder, 'pyright');
    await copyWithoutMaps(path.join(modules, 'pyright/dist'), path.join(pyright, 'dist'));
    await cp(path.join(modules, 'pyright/langserver.index.js'), path.join(pyright, 'langserver.index.js'));
    await copyLicence(modules, 'pyright', pyright);
}

async function buildToolsExtension(ide, modules, output) {
    const source = path.join(ide, 'tools-extension');
    const target = path.join(output, 'tandem-tools');
    await mkdir(target, { recursive: true });
    await cp(path.join(source, 'package.json'), path.join(target, 'package.json'));
    const { metafile } = await esbuild.build({
        ...serverOptions,
        entryPoints: [path.join(source, 'src/extension.ts')],
        outfile: path.join(target, 'dist/extension.js'),
        external: ['vscode'],
        nodePaths: [modules],
        tsconfigRaw: '{}',
    });
    await writeLicencesOf(metafile, [], target);
    await bundleServers(modules, path.join(target, 'servers'));
}

/** @param {{ide: string, output: string, log: (text: string) => void}} options */
export async function buildPlugins({ ide, output, log }) {
    const sources = path.join(ide, 'plugins-src');
    await installSources(sources, log);
    const modules = path.join(sources, 'node_modules');
    await rm(output, { recursive: true, force: true });
    await mkdir(output, { recursive: true });
    const [count] = await Promise.all([copyBuiltIns(modules, output), buildToolsExtension(ide, modules, output)]);
    const licences = path.join(output, 'tandem-tools/licences');
    await mkdir(licences, { recursive: true });
    await cp(path.join(modules, 'code-server/LICENSE'), path.join(licences, 'code-server.LICENSE'));
    await cp(path.join(modules, 'code-server/ThirdPartyNotices.txt'), path.join(licences, 'code-server.ThirdPartyNotices.txt'));
    if (!existsSync(path.join(output, 'typescript-language-features/node_modules/typescript/lib/tsserver.js'))) {
        throw new Error('typescript/lib/tsserver.js is missing: the pinned TypeScript in ide/plugins-src is not one that has it.');
    }
    log(`${count} extensions copied`);
}
