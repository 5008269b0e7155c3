import { lstat, readdir, rename, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { RepositorySource } from '@tandem/protocol';
import { cloneRepository } from './git-clone';
import { PrepareFailure } from './git-failure';
import { runCommand } from './run-command';

/** Scripts that a dotfiles repository is set up with, the first that is there. */
const INSTALLERS = ['install.sh', 'install', 'bootstrap.sh', 'bootstrap', 'setup.sh', 'setup', 'script/setup'];
const INSTALL_TIMEOUT_MS = 5 * 60_000;

export interface DotfilesOptions {
    home: string;
    stateFolder: string;
    env: NodeJS.ProcessEnv;
    knownHostsFile: string;
    signal: AbortSignal;
    log: (text: string) => Promise<void>;
}

/**
 * Fetches a person's dotfiles to `~/.dotfiles` and runs their installer, or links the files into the home. A failure is
 * written into the log and holds nobody up.
 */
export async function applyDotfiles(source: RepositorySource, options: DotfilesOptions): Promise<void> {
    const folder = path.join(options.home, '.dotfiles');
    if (existsSync(folder)) {
        return;
    }
    try {
        const scratch = path.join(options.stateFolder, 'clone', 'dotfiles');
        await cloneRepository({
            source,
            scratch,
            env: options.env,
            knownHostsFile: options.knownHostsFile,
            signal: options.signal,
            onProgress: () => undefined,
            log: (text) => void options.log(text),
            whenCloned: () => rename(scratch, folder),
        });
        await install(folder, options);
    } catch (error) {
        if (error instanceof PrepareFailure && error.code === 'cancelled') {
            throw error;
        }
        await options.log(`Dotfiles: ${error instanceof Error ? error.message : String(error)}`);
    }
}

async function install(folder: string, options: DotfilesOptions): Promise<void> {
    const installer = INSTALLERS.find((name) => existsSync(path.join(folder, name)));
    if (installer === undefined) {
        await linkFiles(folder, options.home);
        return;
    }
    const { env, signal } = options;
    const { code, output, ended } = await runCommand('/bin/sh', ['-c', `[ -x "$0" ] && exec "$0"; exec /bin/sh "$0"`, `./${installer}`], {
        cwd: folder,
        env: { ...env, CI: '1' },
        signal,
        timeoutMs: INSTALL_TIMEOUT_MS,
    });
    await options.log(output);
    if (ended === 'cancelled') {
        throw new PrepareFailure('cancelled', 'Cancelled.');
    }
    if (code !== 0) {
        await options.log(`Dotfiles: ${installer} ended with exit code ${code}.`);
    }
}

/** Files of the home that are there already stay as they are. */
async function linkFiles(folder: string, home: string): Promise<void> {
    for (const name of await readdir(folder)) {
        const target = path.join(home, name);
        const taken = await lstat(target).then(
            () => true,
            () => false,
        );
        if (name.startsWith('.') && !['.git', '.github', '.gitignore'].includes(name) && !taken) {
            await symlink(path.join(folder, name), target);
        }
    }
}
