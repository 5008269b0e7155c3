import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Migration, SqlFailure, SqlRow, SqlStatement, WorkerReply, WorkerRequest } from './sqlite-messages.ts';

/* Owns one SQLite file. Batches that wait while one commit runs share the next commit. */

const STATEMENT_CACHE_SIZE = 200;
const { path, migrations } = workerData as { path: string; migrations: readonly Migration[] };
const port = parentPort!;
const reply = (message: WorkerReply) => port.postMessage(message);

class ExpectationFailed extends Error {
    readonly statement: number;

    constructor(statement: number, expected: number, actual: number) {
        super(`Statement ${statement} was to touch ${expected} rows and touched ${actual}`);
        this.statement = statement;
    }
}

class NewerDatabase extends Error {}

function toFailure(error: unknown): SqlFailure {
    const { errcode = 0, message } = error as Error & { errcode?: number };
    if (error instanceof ExpectationFailed) {
        return { kind: 'expectation', message, statement: error.statement };
    }
    if (error instanceof NewerDatabase) {
        return { kind: 'newer', message };
    }
    // Primary result codes: https://www.sqlite.org/rescode.html
    const kinds: Record<number, SqlFailure['kind']> = { 5: 'busy', 6: 'busy', 11: 'corrupt', 13: 'full', 19: 'constraint', 26: 'corrupt' };
    const SQLITE_IOERR_WRITE = 778;
    return { kind: errcode === SQLITE_IOERR_WRITE ? 'full' : (kinds[errcode & 0xff] ?? 'other'), message };
}

function open(): DatabaseSync {
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
    const newest = migrations.reduce((highest, migration) => Math.max(highest, migration.version), 0);
    if (row.user_version > newest) {
        throw new NewerDatabase(
            `${path} has schema version ${row.user_version}, this program knows ${newest}. Start the newer release, or restore a backup of this one.`,
        );
    }
    for (const migration of [...migrations].sort((a, b) => a.version - b.version)) {
        if (migration.version > row.user_version) {
            database.exec('BEGIN IMMEDIATE');
            try {
                database.exec(migration.sql);
                database.exec(`PRAGMA user_version = ${migration.version}`);
                database.exec('COMMIT');
            } catch (error) {
                database.exec('ROLLBACK');
                throw error;
            }
        }
    }
    return database;
}

let database: DatabaseSync;
try {
    database = open();
    reply({ id: 0, opened: true });
} catch (error) {
    reply({ id: 0, failure: toFailure(error) });
    process.exit(0);
}

const cache = new Map<string, StatementSync>();
function prepared(sql: string): StatementSync {
    const known = cache.get(sql);
    if (known) {
        cache.delete(sql);
        cache.set(sql, known);
        return known;
    }
    const statement = database.prepare(sql);
    cache.set(sql, statement);
    if (cache.size > STATEMENT_CACHE_SIZE) {
        cache.delete(cache.keys().next().value!);
    }
    return statement;
}

function runStatement(entry: SqlStatement, index: number): SqlRow[] {
    const statement = prepared(entry.sql);
    const parameters = (entry.parameters ?? []) as (string | number | bigint | null | Uint8Array)[];
    let rows: SqlRow[] = [];
    let touched: number;
    if (statement.columns().length > 0) {
        rows = statement.all(...parameters) as SqlRow[];
        touched = rows.length;
    } else {
        touched = Number(statement.run(...parameters).changes);
    }
    if (entry.expectRows !== undefined && touched !== entry.expectRows) {
        throw new ExpectationFailed(index, entry.expectRows, touched);
    }
    return rows;
}

type Transaction = Extract<WorkerRequest, { kind: 'transaction' }>;
let waiting: Transaction[] = [];
let scheduled = false;

function commitWaiting(): void {
    scheduled = false;
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) {
        return;
    }
    const replies: WorkerReply[] = [];
    try {
        database.exec('BEGIN IMMEDIATE');
        for (const request of batch) {
            replies.push(runTransaction(request));
        }
        database.exec('COMMIT');
    } catch (error) {
        if (database.isTransaction) {
            database.exec('ROLLBACK');
        }
        // Nothing of the batch is on disk: all of it failed, also what had an answer ready.
        const failure = toFailure(error);
        batch.forEach((request) => reply({ id: request.id, failure }));
        return;
    }
    replies.forEach(reply);
}

function runTransaction(request: Transaction): WorkerReply {
    database.exec('SAVEPOINT batch');
    try {
        const rows = request.statements.map(runStatement);
        database.exec('RELEASE batch');
        return { id: request.id, rows };
    } catch (error) {
        // SQLite itself may have rolled the whole transaction back (disk full, I/O error).
        if (!database.isTransaction) {
            throw error;
        }
        database.exec('ROLLBACK TO batch; RELEASE batch');
        return { id: request.id, failure: toFailure(error) };
    }
}

port.on('message', (request: WorkerRequest) => {
    if (request.kind === 'transaction') {
        waiting.push(request);
        if (!scheduled) {
            scheduled = true;
            setImmediate(commitWaiting);
        }
        return;
    }
    commitWaiting();
    try {
        if (request.kind === 'backup') {
            database.prepare('VACUUM INTO ?').run(request.path);
        } else {
            cache.clear();
            database.close();
        }
        reply({ id: request.id, rows: [] });
    } catch (error) {
        reply({ id: request.id, failure: toFailure(error) });
    }
    if (request.kind === 'close') {
        port.close();
    }
});
