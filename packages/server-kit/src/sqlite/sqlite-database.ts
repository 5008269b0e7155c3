import { Worker } from 'node:worker_threads';
import { AppError } from '../app-error.ts';
import type { Migration, SqlFailure, SqlRow, SqlStatement, SqlValue, WorkerReply, WorkerRequest } from './sqlite-messages.ts';

export type { Migration, SqlRow, SqlStatement, SqlValue };

/** A statement of a transaction changed or returned another number of rows than expected; nothing of it was kept. */
export class ExpectationError extends Error {
    /** Index of that statement. */
    readonly statement: number;

    constructor(message: string, statement: number) {
        super(message);
        this.name = 'ExpectationError';
        this.statement = statement;
    }
}

/** A UNIQUE, CHECK or foreign key constraint was violated; nothing of the transaction was kept. */
export class ConstraintError extends Error {}

/**
 * A SQLite file owned by a worker thread, so that a commit (WAL, `synchronous=FULL`) never stalls the event loop.
 * Transactions posted while a commit runs share the next one.
 */
export interface SqliteDatabase {
    /**
     * Runs the statements as one transaction; resolves, once it is on disk, with each statement's rows.
     * @throws ExpectationError, ConstraintError, AppError `storage-full` (nothing was changed), `unavailable`
     */
    transaction(statements: readonly SqlStatement[]): Promise<SqlRow[][]>;
    /** One statement. */
    query(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]>;
    /** Writes a consistent copy to `path`, which must not exist, while others read and write. */
    backupTo(path: string): Promise<void>;
    /** Commits what waits and closes the file. */
    close(): Promise<void>;
}

interface Waiter {
    resolve(rows: SqlRow[][]): void;
    reject(error: unknown): void;
}

/**
 * Opens (or makes) the file and brings it to the newest schema.
 *
 * @throws AppError `unavailable` when the file is damaged, not writable, or newer than this program; the message says which
 */
export async function openSqlite(options: { path: string; migrations: readonly Migration[] }): Promise<SqliteDatabase> {
    const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url), {
        workerData: { path: options.path, migrations: options.migrations },
    });
    const waiters = new Map<number, Waiter>();
    let lastId = 0;
    let ended: Error | undefined;

    const end = (error: Error) => {
        ended ??= error;
        for (const waiter of waiters.values()) {
            waiter.reject(ended);
        }
        waiters.clear();
    };
    const opened = new Promise<void>((resolve, reject) => {
        worker.on('message', (message: WorkerReply) => {
            if ('opened' in message) {
                resolve();
            } else if (message.id === 0 && 'failure' in message) {
                reject(toError(message.failure, options.path));
            } else {
                const waiter = waiters.get(message.id);
                waiters.delete(message.id);
                if ('failure' in message) {
                    waiter?.reject(toError(message.failure, options.path));
                } else {
                    waiter?.resolve(message.rows);
                }
            }
        });
        worker.on('error', (cause) => {
            const error = new AppError('unavailable', `The database ${options.path} failed: ${(cause as Error).message}`, { cause });
            reject(error);
            end(error);
        });
        worker.on('exit', () => end(new AppError('unavailable', `The database ${options.path} is closed.`)));
    });
    const post = (request: WorkerRequest) =>
        new Promise<SqlRow[][]>((resolve, reject) => {
            if (ended) {
                reject(ended);
                return;
            }
            waiters.set(request.id, { resolve, reject });
            worker.postMessage(request);
        });
    await opened;
    return {
        transaction: (statements) => post({ id: ++lastId, kind: 'transaction', statements }),
        async query(sql, parameters = []) {
            const [rows] = await post({ id: ++lastId, kind: 'transaction', statements: [{ sql, parameters }] });
            return rows!;
        },
        async backupTo(path) {
            await post({ id: ++lastId, kind: 'backup', path });
        },
        async close() {
            if (!ended) {
                const exited = new Promise((resolve) => worker.once('exit', resolve));
                await post({ id: ++lastId, kind: 'close' });
                await exited;
            }
        },
    };
}

function toError(failure: SqlFailure, path: string): Error {
    switch (failure.kind) {
        case 'expectation':
            return new ExpectationError(failure.message, failure.statement ?? 0);
        case 'constraint':
            return new ConstraintError(failure.message);
        case 'full':
            return new AppError('storage-full', `The disk is full: nothing was changed in ${path}.`);
        case 'newer':
            return new AppError('unavailable', failure.message);
        case 'corrupt':
            return new AppError('unavailable', `${path} is damaged (${failure.message}). Restore it from a backup.`);
        case 'busy':
            return new AppError('unavailable', `${path} is in use by another process (${failure.message}).`);
        case 'other':
            return new AppError('unavailable', `The database ${path} failed: ${failure.message}`);
    }
}
