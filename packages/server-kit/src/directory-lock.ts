import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from './app-error.ts';
import type { Disposable } from './disposable.ts';

// A lock that its caller forgets is still held: a database that nobody refers to is closed by the garbage collector.
const held = new Set<DatabaseSync>();

/**
 * Locks a directory for this process. The lock is the operating system's, held through SQLite because Node has no call of
 * its own for it: it is gone the moment the process is, however it ends.
 *
 * @throws AppError `unavailable` when another process holds it, naming that process
 */
export function lockDirectory(directory: string): Disposable {
    const holderFile = join(directory, 'lock.pid');
    const database = new DatabaseSync(join(directory, 'lock.sqlite'));
    try {
        database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    } catch (cause) {
        database.close();
        throw new AppError(
            'unavailable',
            `${directory} is in use by another Tandem (process ${readHolder(holderFile)}). Stop that one first, or give another --data directory.`,
            { cause },
        );
    }
    writeFileSync(holderFile, String(process.pid));
    held.add(database);
    return {
        dispose: () => {
            held.delete(database);
            database.close();
        },
    };
}

function readHolder(file: string): string {
    try {
        return readFileSync(file, 'utf8').trim() || 'unknown';
    } catch {
        return 'unknown';
    }
}
