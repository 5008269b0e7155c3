import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Clock, Logger } from '@tandem/server-kit';
import { headerOf, paddingOf, TRAILER, type TarEntry } from './tar-writer.ts';

/** First entry of every backup: what it is and what belongs to it. */
export const MANIFEST_NAME = 'tandem-backup.json';
export const BACKUP_FORMAT = 1;
const STAGING_PREFIX = '.backup-';
const SQLITE_FILE = /\.sqlite$/;
const SQLITE_SIDE_FILE = /\.sqlite-(wal|shm|journal)$/;
/** Pages copied in one step: with all at once, writers meanwhile cannot make it begin again. */
const ALL_PAGES = 2 ** 30;
const CHUNK_BYTES = 256 * 1024;
/** Homes are mostly sources and packed files: a light compression, so that a small machine stays usable. */
const GZIP_LEVEL = 3;

export interface BackupManifest {
    format: number;
    version: string;
    createdAt: string;
    /** Whether the files of workspaces are in it. */
    homes: boolean;
    /** Names of the SQLite files. */
    databases: string[];
}

export interface BackupOptions {
    dataDirectory: string;
    /**
     * Consistent copies are made of these, in this order. The platform database comes before the audit log: its anchor may
     * lag the log but must not lead it, or the restored log would look cut off.
     */
    databases: readonly { name: string; backupTo: (path: string) => Promise<void> }[];
    /** Folders below the data directory with the files of workspaces. */
    homeDirectories: readonly string[];
    homes: boolean;
    /** Names in the data directory that are not worth keeping, such as locks and sockets. */
    exclude?: readonly string[];
    version: string;
    clock: Clock;
    logger: Logger;
}

/**
 * A backup of a data directory that is in use, as a gzipped tar: databases as consistent copies, the rest as it is read. A
 * file that changes while it is read is kept as it was read; one that shrinks is filled up with zeros, one that vanishes is
 * left out. The copies are made before this resolves, so that an error is told before the first byte.
 */
export async function createBackup(options: BackupOptions): Promise<Readable> {
    const staging = join(options.dataDirectory, `${STAGING_PREFIX}${randomUUID()}`);
    await removeLeftovers(options.dataDirectory);
    await mkdir(staging, { mode: 0o700 });
    let copies: Copies;
    try {
        copies = await copyDatabases(options, staging);
    } catch (error) {
        await rm(staging, { recursive: true, force: true });
        throw error;
    }
    const source = Readable.from(archive(options, copies), { objectMode: false, highWaterMark: CHUNK_BYTES });
    const gzip = createGzip({ level: GZIP_LEVEL });
    source.on('error', (error) => gzip.destroy(error));
    // Runs also when the reader goes away in the middle.
    gzip.on('close', () => {
        source.destroy();
        rm(staging, { recursive: true, force: true }).catch((error: unknown) => {
            options.logger.warn({ err: error }, 'The copies of a backup could not be removed');
        });
    });
    return source.pipe(gzip);
}

/** Where the consistent copy of each database lies, by its path in the data directory. */
type Copies = ReadonlyMap<string, string>;

async function copyDatabases(options: BackupOptions, staging: string): Promise<Copies> {
    const copies = new Map<string, string>();
    for (const { name, backupTo } of options.databases) {
        const copy = join(staging, name);
        await backupTo(copy);
        copies.set(name, copy);
    }
    // Those of other parts of the same process, which nobody named.
    for (const path of await findDatabases(options, '')) {
        if (!copies.has(path)) {
            const copy = join(staging, `${copies.size}.sqlite`);
            const source = new DatabaseSync(join(options.dataDirectory, path), { readOnly: true });
            try {
                await backup(source, copy, { rate: ALL_PAGES });
            } finally {
                source.close();
            }
            copies.set(path, copy);
        }
    }
    return copies;
}

/** Paths of SQLite files outside of homes. */
async function findDatabases(options: BackupOptions, folder: string): Promise<string[]> {
    const found: string[] = [];
    const entries = await unlessGone(readdir(join(options.dataDirectory, folder), { withFileTypes: true }));
    for (const entry of (entries ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (isLeftOut(options, path) || options.homeDirectories.includes(path)) {
            continue;
        }
        if (entry.isDirectory()) {
            found.push(...(await findDatabases(options, path)));
        } else if (entry.isFile() && SQLITE_FILE.test(path)) {
            found.push(path);
        }
    }
    return found;
}

const isLeftOut = (options: BackupOptions, path: string): boolean =>
    path === MANIFEST_NAME || path.startsWith(STAGING_PREFIX) || (options.exclude ?? []).includes(path);

async function* archive(options: BackupOptions, copies: Copies): AsyncGenerator<Buffer> {
    const { dataDirectory, homeDirectories, homes } = options;
    const manifest: BackupManifest = {
        format: BACKUP_FORMAT,
        version: options.version,
        createdAt: new Date(options.clock.now()).toISOString(),
        homes,
        databases: [...copies.keys()],
    };
    yield* textEntry(MANIFEST_NAME, `${JSON.stringify(manifest, undefined, 2)}\n`, new Date(options.clock.now()));
    for (const name of (await readdir(dataDirectory)).sort()) {
        const isHome = homeDirectories.includes(name);
        if (!isLeftOut(options, name) && (homes || !isHome)) {
            // What people call .sqlite in their homes is theirs, and goes as it is.
            yield* entryOf(join(dataDirectory, name), name, isHome ? undefined : copies);
        }
    }
    yield TRAILER;
}

async function* textEntry(path: string, text: string, mtime: Date): AsyncGenerator<Buffer> {
    const content = Buffer.from(text);
    yield headerOf({ path, type: 'File', size: content.length, mode: 0o600, mtime });
    yield content;
    yield paddingOf(content.length);
}

/**
 * One file, link or folder with what is in it; sockets and the like are left out, links are not followed.
 *
 * @param copies given outside of homes: databases are taken from there
 */
async function* entryOf(file: string, path: string, copies: Copies | undefined): AsyncGenerator<Buffer> {
    const found = await unlessGone(lstat(file));
    if (found === undefined || (copies !== undefined && SQLITE_SIDE_FILE.test(path))) {
        return;
    }
    const { mode, mtime, uid, gid } = found;
    const common = { path, size: 0, mode, mtime, uid, gid } satisfies Partial<TarEntry>;
    if (found.isSymbolicLink()) {
        const linkpath = await unlessGone(readlink(file));
        if (linkpath !== undefined) {
            yield headerOf({ ...common, type: 'SymbolicLink', linkpath });
        }
    } else if (found.isDirectory()) {
        yield headerOf({ ...common, type: 'Directory' });
        for (const name of ((await unlessGone(readdir(file))) ?? []).sort()) {
            yield* entryOf(join(file, name), `${path}/${name}`, copies);
        }
    } else if (found.isFile()) {
        yield* fileEntry(copies?.get(path) ?? file, common);
    }
}

async function* fileEntry(file: string, common: Omit<TarEntry, 'type'>): AsyncGenerator<Buffer> {
    const handle = await unlessGone(open(file, 'r'));
    if (handle === undefined) {
        return;
    }
    try {
        // The size of what is open, not of what had the name a moment ago.
        const { size } = await handle.stat();
        yield headerOf({ ...common, type: 'File', size });
        for (let position = 0; position < size;) {
            const wanted = Math.min(CHUNK_BYTES, size - position);
            const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
            yield bytesRead === 0 ? Buffer.alloc(wanted) : buffer.subarray(0, bytesRead);
            position += bytesRead === 0 ? wanted : bytesRead;
        }
        yield paddingOf(size);
    } finally {
        await handle.close();
    }
}

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
    try {
        return await work;
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // ELOOP and ENOTDIR: replaced by a link or a file meanwhile.
        if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') {
            return undefined;
        }
        throw error;
    }
}

/** Copies that a process left behind when it was killed. One backup runs at a time per data directory's process. */
async function removeLeftovers(dataDirectory: string): Promise<void> {
    const HOUR_MS = 3_600_000;
    for (const name of await readdir(dataDirectory)) {
        const path = join(dataDirectory, name);
        if (name.startsWith(STAGING_PREFIX) && Date.now() - (await lstat(path)).mtimeMs > 6 * HOUR_MS) {
            await rm(path, { recursive: true, force: true });
        }
    }
}
