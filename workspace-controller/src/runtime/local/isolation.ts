import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * How workspaces are kept apart: `none` (all run as the platform's user), `user` (an OS user each), `namespace` (an OS
 * user each, and a view of the file system of their own).
 */
export type Isolation = 'none' | 'user' | 'namespace';

/** What the machine allows: OS users need root on Linux and util-linux, mount namespaces also `CAP_SYS_ADMIN`. */
export async function detectIsolation(): Promise<Isolation> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) {
        return 'none';
    }
    const dropped = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs', 'true'];
    if (!(await succeeds('setpriv', dropped))) {
        return 'none';
    }
    const mounts = 'mount -t tmpfs tandem /tmp && mount --bind /tmp /tmp';
    return (await succeeds('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', mounts])) ? 'namespace' : 'user';
}

/**
 * The topmost folder on the way to `path` that other users cannot pass.
 *
 * @param path absolute
 * @returns undefined when everybody can reach it
 */
export async function firstClosedFolder(path: string): Promise<string | undefined> {
    if (!isAbsolute(path)) {
        throw new TypeError(`"${path}" is not an absolute path`);
    }
    const folders: string[] = [];
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
        folders.unshift(folder);
    }
    for (const folder of folders) {
        const { mode } = await stat(folder);
        if ((mode & 0o001) === 0) {
            return folder;
        }
    }
    return undefined;
}

/** Whether a user who is neither owner nor in the group may read the file, or list and enter the folder. */
export async function isOpenToOthers(path: string): Promise<boolean> {
    const info = await stat(path);
    const needed = info.isDirectory() ? 0o005 : 0o004;
    return (info.mode & needed) === needed;
}

/** Whether `path` is `folder` or lies below it. */
export function isBelow(path: string, folder: string): boolean {
    return path === folder || path.startsWith(folder === '/' ? '/' : join(folder, '/'));
}

async function succeeds(program: string, args: string[]): Promise<boolean> {
    return run(program, args, { timeout: 10_000 }).then(
        () => true,
        () => false,
    );
}
