/** Installs code-server from npm once, outside the clone, and starts it. It is only the yardstick of the benchmark. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const VERSION = '4.108.2';
/** code-server wants this major version; its native parts are compiled for it. */
const NODE_VERSION = '22.23.3';

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tandem', 'bench', `code-server-${VERSION}`);
const nodePackage = `node-${process.platform}-${process.arch}`;

function npm(cwd, args, env = {}) {
    const clean = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^npm_(config_(workspace|prefix|local_prefix)|package_)/i.test(name)),
    );
    execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd,
        env: { ...clean, ...env },
        stdio: ['ignore', 'ignore', 'inherit'],
    });
}

async function install() {
    const partial = `${cache}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await writeFile(
        path.join(partial, 'package.json'),
        JSON.stringify({ private: true, dependencies: { 'code-server': VERSION, [nodePackage]: NODE_VERSION } }),
    );
    npm(partial, ['install', '--ignore-scripts']);
    const vscode = path.join(partial, 'node_modules/code-server/lib/vscode');
    await rm(path.join(vscode, 'npm-shrinkwrap.json'), { force: true });
    await rm(path.join(vscode, 'package-lock.json'), { force: true });
    const manifest = JSON.parse(await readFile(path.join(vscode, 'package.json'), 'utf8'));
    delete manifest.overrides;
    for (const name of ['@vscode/watcher', '@parcel/watcher']) {
        if (manifest.dependencies[name]) {
            manifest.dependencies[name] = 'npm:@parcel/watcher@2.5.1';
        }
    }
    await writeFile(path.join(vscode, 'package.json'), JSON.stringify(manifest));
    npm(vscode, ['install', '--omit=dev', '--ignore-scripts', '--legacy-peer-deps']);
    const nodeFolder = path.join(partial, 'node_modules', nodePackage);
    const PATH = `${path.join(nodeFolder, 'bin')}:${process.env.PATH}`;
    npm(vscode, ['rebuild', 'node-pty', '@vscode/spdlog'], { npm_config_nodedir: nodeFolder, PATH });
    await symlink('node_modules', path.join(vscode, 'node_modules.asar')).catch(() => undefined);
    await rename(partial, cache);
}

/** @returns {Promise<{url: string, stop: () => void}>} code-server on `folder`, on a free port. */
export async function startCodeServer({ folder, userData, port }) {
    if (!existsSync(cache)) {
        console.log(`installing code-server ${VERSION} into ${cache} (once)`);
        await install();
    }
    const node = path.join(cache, 'node_modules', nodePackage, 'bin/node');
    const entry = path.join(cache, 'node_modules/code-server/out/node/entry.js');
    const args = [
        '--auth',
        'none',
        '--bind-addr',
        `127.0.0.1:${port}`,
        '--disable-telemetry',
        '--disable-update-check',
        '--disable-workspace-trust',
        '--user-data-dir',
        userData,
        folder,
    ];
    const child = spawn(node, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: userData } });
    let output = '';
    await new Promise((resolve, reject) => {
        const read = (chunk) => {
            output += chunk;
            if (output.includes('HTTP server listening')) {
                resolve();
            }
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.once('exit', (code) => reject(new Error(`code-server ended with ${code}:\n${output}`)));
    });
    return { url: `http://localhost:${port}/?folder=${encodeURIComponent(folder)}`, stop: () => child.kill() };
}
