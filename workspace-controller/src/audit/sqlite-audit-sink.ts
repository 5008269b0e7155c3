import type { AuditEntry } from '@tandem/protocol';
import { AppError, openSqlite, type Clock, type Logger, type SqliteDatabase, type SqlRow, type SqlStatement } from '@tandem/server-kit';
import type { AuditQuery, AuditSink, NewAuditEntry } from './audit-sink.ts';
import type { ChainAnchor } from './chain-anchor.ts';
import { ChainWalk, GENESIS_HASH, hashOf, type ChainHead, type ChainVerdict } from './hash-chain.ts';

const MIGRATIONS = [
    {
        version: 1,
        sql: `
            CREATE TABLE entry (
                sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
                outcome TEXT NOT NULL, address TEXT, grant_id TEXT, detail TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL
            ) STRICT;
            CREATE INDEX entry_at ON entry (at);
            CREATE INDEX entry_actor ON entry (actor, sequence);
            CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'The audit log is append-only'); END;
            CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'The audit log is append-only'); END;
        `,
    },
];
const INSERT = `INSERT INTO entry (sequence, at, actor, action, target, outcome, address, grant_id, detail, previous_hash, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const READ_AT_ONCE = 1000;
const MAX_BATCH = 500;

interface Waiting {
    entry: NewAuditEntry;
    resolve: (entry: AuditEntry) => void;
    reject: (error: unknown) => void;
}

/**
 * The audit log in a SQLite file of its own. One writer, so one chain; entries that wait while a commit runs share the next.
 * The head is anchored in the platform database under a key, so that a log that was cut off or written anew is noticed.
 */
export class SqliteAuditSink implements AuditSink {
    private readonly file: SqliteDatabase;
    private readonly anchor: ChainAnchor;
    private readonly clock: Clock;
    private readonly logger: Logger;
    private head: ChainHead;
    private waiting: Waiting[] = [];
    private writing: Promise<void> | undefined;

    private constructor(file: SqliteDatabase, anchor: ChainAnchor, clock: Clock, logger: Logger, head: ChainHead) {
        this.file = file;
        this.anchor = anchor;
        this.clock = clock;
        this.logger = logger;
        this.head = head;
    }

    /** @throws AppError `unavailable` when the file is damaged or newer than this program */
    static async open(options: { path: string; anchor: ChainAnchor; clock: Clock; logger: Logger }): Promise<SqliteAuditSink> {
        const { anchor, clock, logger } = options;
        const file = await openSqlite({ path: options.path, migrations: MIGRATIONS });
        const [row] = await file.query('SELECT * FROM entry ORDER BY sequence DESC LIMIT 1');
        const last = row === undefined ? undefined : toEntry(row);
        const head = last === undefined ? { sequence: 0, hash: GENESIS_HASH } : { sequence: last.sequence, hash: last.hash };
        const sink = new SqliteAuditSink(file, anchor, clock, logger, head);
        await anchor.begin(head, async (sequence) => {
            const [anchored] = await file.query('SELECT hash FROM entry WHERE sequence = ?', [sequence]);
            return anchored === undefined ? undefined : String(anchored['hash']);
        });
        if (anchor.doubt !== undefined) {
            logger.error({ reason: anchor.doubt }, 'The audit log does not fit its anchor; verify it');
        }
        return sink;
    }

    append(entry: NewAuditEntry): Promise<AuditEntry> {
        return new Promise((resolve, reject) => {
            this.waiting.push({ entry, resolve, reject });
            this.writing ??= this.write();
        });
    }

    async list(query: AuditQuery): Promise<{ items: AuditEntry[]; nextCursor?: string }> {
        const conditions: string[] = [];
        const parameters: (string | number)[] = [];
        const where = (condition: string, value: string | number | undefined): void => {
            if (value !== undefined) {
                conditions.push(condition);
                parameters.push(value);
            }
        };
        where('actor = ?', query.actor);
        where("(action = ? OR action LIKE ? || '.%')", query.action);
        if (query.action !== undefined) {
            parameters.push(query.action);
        }
        where('instr(target, ?) > 0', query.target);
        where('outcome = ?', query.outcome);
        where('at >= ?', query.from);
        where('at <= ?', query.to);
        where('sequence < ?', query.cursor === undefined ? undefined : sequenceOf(query.cursor));
        const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
        const rows = await this.file.query(`SELECT * FROM entry ${filter} ORDER BY sequence DESC LIMIT ?`, [
            ...parameters,
            query.limit + 1,
        ]);
        const items = rows.slice(0, query.limit).map(toEntry);
        const last = items.at(-1);
        return rows.length > query.limit && last !== undefined ? { items, nextCursor: String(last.sequence) } : { items };
    }

    async *export(): AsyncIterable<AuditEntry> {
        // By rowid order and not by arithmetic: what is missing must not end the reading.
        for (let after = -1; ;) {
            const rows = await this.file.query('SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?', [after, READ_AT_ONCE]);
            for (const row of rows) {
                const entry = toEntry(row);
                after = entry.sequence;
                yield entry;
            }
            if (rows.length < READ_AT_ONCE) {
                return;
            }
        }
    }

    async verify(): Promise<ChainVerdict> {
        await this.anchor.settled();
        const anchored = await this.anchor.read();
        const walk = new ChainWalk('head' in anchored ? anchored.head : undefined);
        for await (const entry of this.export()) {
            if (!walk.take(entry)) {
                break;
            }
        }
        const verdict = walk.verdict();
        const doubt = 'doubt' in anchored ? anchored.doubt : this.anchor.doubt;
        return verdict.ok && doubt !== undefined
            ? { ok: false, entries: verdict.entries, brokenAt: verdict.entries, reason: doubt }
            : verdict;
    }

    /** Writes a consistent copy to `path`. */
    backupTo(path: string): Promise<void> {
        return this.file.backupTo(path);
    }

    async close(): Promise<void> {
        await this.writing;
        await this.anchor.settled();
        await this.file.close();
    }

    private async write(): Promise<void> {
        while (this.waiting.length > 0) {
            const batch = this.waiting.splice(0, MAX_BATCH);
            const entries: AuditEntry[] = [];
            let head = this.head;
            for (const { entry } of batch) {
                const made = this.chain(entry, head);
                head = { sequence: made.sequence, hash: made.hash };
                entries.push(made);
            }
            try {
                await this.file.transaction(entries.map(insertionOf));
                this.head = head;
                this.anchor.advance(head);
                batch.forEach(({ resolve }, index) => resolve(entries[index] as AuditEntry));
            } catch (error) {
                this.logger.error({ err: error, entries: batch.length }, 'Audit entries could not be written');
                batch.forEach(({ reject }) => reject(error));
            }
        }
        this.writing = undefined;
    }

    private chain(entry: NewAuditEntry, head: ChainHead): AuditEntry {
        const { actor, action, target, outcome, address, grant, detail } = entry;
        const content = {
            sequence: head.sequence + 1,
            at: new Date(this.clock.now()).toISOString(),
            actor,
            action,
            target,
            outcome,
            ...(address === undefined ? {} : { address }),
            ...(grant === undefined ? {} : { grant }),
            detail,
            previousHash: head.hash,
        };
        return { ...content, hash: hashOf(content) };
    }
}

const insertionOf = (entry: AuditEntry): SqlStatement => ({
    sql: INSERT,
    parameters: [
        entry.sequence,
        entry.at,
        entry.actor,
        entry.action,
        entry.target,
        entry.outcome,
        entry.address ?? null,
        entry.grant ?? null,
        JSON.stringify(entry.detail),
        entry.previousHash,
        entry.hash,
    ],
});

function toEntry(row: SqlRow): AuditEntry {
    return {
        sequence: Number(row['sequence']),
        at: String(row['at']),
        actor: String(row['actor']),
        action: String(row['action']),
        target: String(row['target']),
        outcome: String(row['outcome']) as AuditEntry['outcome'],
        ...(row['address'] === null ? {} : { address: String(row['address']) }),
        ...(row['grant_id'] === null ? {} : { grant: String(row['grant_id']) }),
        detail: parseDetail(String(row['detail'])),
        previousHash: String(row['previous_hash']),
        hash: String(row['hash']),
    };
}

/** What was tampered with may be no JSON; its hash will not fit then. */
function parseDetail(text: string): Record<string, string> {
    try {
        return JSON.parse(text) as Record<string, string>;
    } catch {
        return { unreadable: text };
    }
}

function sequenceOf(cursor: string): number {
    if (!/^\d{1,15}$/.test(cursor)) {
        throw new AppError('invalid-request', 'The cursor is not one that an earlier page gave.', { pointer: '/cursor' });
    }
    return Number(cursor);
}
