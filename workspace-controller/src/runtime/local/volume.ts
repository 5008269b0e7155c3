import { createHash } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@tandem/server-kit';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the terminating zero included. */
const MAX_SOCKET_PATH_BYTES = 103;
const DELETED_PREFIX = '.deleted-';
const UID = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;

/** Where everything of one workspace lies. The folder belongs to the platform; only `home`, `config`, `run` and `temp` to the workspace. */
export interface Volume {
    folder: string;
    home: string;
    project: string;
    config: string;
    /** The backend makes its socket here; `socket` is a second name of it. */
    run: string;
    temp: string;
    log: string;
    /** `passwd` and `group` as the workspace sees them. */
    accounts: string;
    record: string;
    /** What the gateway dials. In a folder that the workspace cannot write, so that it cannot be swapped for another socket. */
    socket: string;
}

/** All workspaces' folders. */
export class Volumes {
    readonly root: string;
    /** Tells processes of this platform from those of another one on the machine. */
    readonly id: string;
    private readonly socketRoot: string;

    private constructor(root: string, socketRoot: string) {
        this.root = root;
        this.id = volumesId(root);
        this.socketRoot = socketRoot;
    }

    static async open(root: string): Promise<Volumes> {
        await mkdir(root, { recursive: true, mode: 0o711 });
        const longest = join(root, '0'.repeat(36), 'ide.sock');
        const fits = Buffer.byteLength(longest) <= MAX_SOCKET_PATH_BYTES - 'run/'.length;
        return new Volumes(root, fits ? root : await shortAlias(root));
    }

    of(uid: string): Volume {
        if (!UID.test(uid)) {
            throw new AppError('invalid-request', `"${uid.slice(0, 64)}" is not the uid of a workspace.`);
        }
        const folder = join(this.root, uid);
        return {
            folder,
            home: join(folder, 'home'),
            project: join(folder, 'home', 'project'),
            config: join(folder, 'config'),
            run: join(this.socketRoot, uid, 'run'),
            temp: join(folder, 'tmp'),
            log: join(folder, 'log', 'ide.log'),
            accounts: join(folder, 'etc'),
            record: join(folder, 'instance.json'),
            socket: join(this.socketRoot, uid, 'ide.sock'),
        };
    }

    async uids(): Promise<string[]> {
        const entries = await readdir(this.root, { withFileTypes: true });
        return entries.filter((entry) => entry.isDirectory() && UID.test(entry.name)).map((entry) => entry.name);
    }

    /** Takes the folder out of sight first, so that a deletion cut short is finished by `sweep`. */
    async delete(uid: string): Promise<void> {
        const hidden = join(this.root, `${DELETED_PREFIX}${uid}`);
        await rename(this.of(uid).folder, hidden).catch(ignoreMissing);
        await rm(hidden, { recursive: true, force: true, maxRetries: 3 });
    }

    /** Finishes deletions that a crash interrupted. */
    async sweep(): Promise<void> {
        for (const name of await readdir(this.root)) {
            if (name.startsWith(DELETED_PREFIX)) {
                await rm(join(this.root, name), { recursive: true, force: true });
            }
        }
    }
}

export function volumesId(root: string): string {
    return createHash('sha256').update(root).digest('hex').slice(0, 12);
}

/** A short symbolic link to `root`: only the given string is limited in length, not where it leads. */
async function shortAlias(root: string): Promise<string> {
    const alias = join(tmpdir(), `tandem-${volumesId(root)}`);
    await symlink(root, alias).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') {
            throw error;
        }
    });
    const target = await readlink(alias).catch(() => undefined);
    if (target !== root) {
        throw new AppError('unavailable', `${alias} is not ours. Remove it, or choose a data directory with a shorter path.`);
    }
    return alias;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
    if (error.code !== 'ENOENT') {
        throw error;
    }
}
