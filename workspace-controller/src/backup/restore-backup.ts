import { accessSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@tandem/server-kit';
import { Unpack } from 'tar';
import { BACKUP_FORMAT, MANIFEST_NAME, type BackupManifest } from './create-backup.ts';

/**
 * Unpacks a backup into an empty or absent data directory. It is unpacked beside it and checked first: the directory is
 * whole or untouched. No server may run on it.
 *
 * @param backup a gzipped tar, as `createBackup` makes it
 * @throws AppError `wrong-state` when the directory is not empty, `invalid-request` when the backup is damaged or none
 */
export async function restoreBackup(backup: Readable, dataDirectory: string): Promise<BackupManifest> {
    await assertEmpty(dataDirectory);
    const staging = join(dirname(dataDirectory), `.${basename(dataDirectory)}.restoring`);
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true, mode: 0o700 });
    try {
        await unpack(backup, staging);
        const manifest = await readManifest(staging);
        for (const name of manifest.databases) {
            checkDatabase(join(staging, name), name);
        }
        await rm(join(staging, MANIFEST_NAME));
        await rmdir(dataDirectory).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== 'ENOENT') {
                throw error;
            }
        });
        await rename(staging, dataDirectory);
        return manifest;
    } catch (error) {
        await rm(staging, { recursive: true, force: true });
        throw error;
    }
}

async function assertEmpty(directory: string): Promise<void> {
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') {
            return [];
        }
        throw error;
    });
    if (names.length > 0) {
        throw new AppError('wrong-state', `${directory} is not empty. Give an empty or new directory with --data.`);
    }
}

async function unpack(backup: Readable, cwd: string): Promise<void> {
    const links = new Set<string>();
    let refused: string | undefined;
    const unpacking = new Unpack({
        cwd,
        strict: true,
        // Links of homes lead anywhere and are kept as they are; what lies at or below a link is refused here instead.
        preservePaths: true,
        preserveOwner: process.getuid?.() === 0,
        filter: (path, entry) => {
            const clean = path.replace(/\/+$/, '');
            const segments = clean.split('/');
            const isOutside = path.startsWith('/') || segments.includes('..') || segments.includes('') || path.includes('\0');
            const isThroughLink = segments.some((_, index) => links.has(segments.slice(0, index + 1).join('/')));
            const type = 'type' in entry ? entry.type : undefined;
            if (isOutside || isThroughLink || !['File', 'OldFile', 'Directory', 'SymbolicLink'].includes(String(type))) {
                refused ??= path;
                return false;
            }
            if (type === 'SymbolicLink') {
                links.add(clean);
            }
            return true;
        },
    });
    try {
        await pipeline(backup, unpacking);
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') {
            throw new AppError('storage-full', 'The disk is full. Nothing was restored.', { cause });
        }
        throw damaged(`it does not unpack (${(cause as Error).message})`, cause);
    }
    if (refused !== undefined) {
        throw damaged(`it holds "${refused.slice(0, 200)}", which no backup of ours does`);
    }
}

async function readManifest(directory: string): Promise<BackupManifest> {
    let manifest: BackupManifest;
    try {
        manifest = JSON.parse(await readFile(join(directory, MANIFEST_NAME), 'utf8')) as BackupManifest;
    } catch (cause) {
        throw damaged(`it has no ${MANIFEST_NAME}`, cause);
    }
    if (manifest.format !== BACKUP_FORMAT) {
        throw new AppError(
            'invalid-request',
            `The backup has format ${String(manifest.format)}, this program reads ${BACKUP_FORMAT}. Use the release that made it.`,
        );
    }
    return manifest;
}

function checkDatabase(path: string, name: string): void {
    try {
        accessSync(path);
        // Not read-only: closing then removes the files that reading a log of changes needs.
        const database = new DatabaseSync(path);
        const row = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
        database.close();
        if (row.integrity_check !== 'ok') {
            throw new Error(row.integrity_check);
        }
    } catch (cause) {
        throw damaged(`the database ${name} in it is not whole (${(cause as Error).message})`, cause);
    }
}

const damaged = (what: string, cause?: unknown): AppError =>
    new AppError('invalid-request', `This is no usable backup: ${what}. Nothing was restored.`, { cause });
