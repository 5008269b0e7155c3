import { crc32 } from 'node:zlib';
import { release } from '../update/release.ts';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { RoomSummary, VersionSummary } from './update-log.ts';

const SCHEMA = `
    CREATE TABLE IF NOT EXISTS room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS entry (
        id INTEGER PRIMARY KEY, room INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS entry_room ON entry (room);
    CREATE TABLE IF NOT EXISTS journal (
        id INTEGER PRIMARY KEY, room INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS version (
        id INTEGER PRIMARY KEY AUTOINCREMENT, room INTEGER NOT NULL, name TEXT NOT NULL, author TEXT NOT NULL,
        at INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS version_room ON version (room);
`;
/** Newer files are refused, older ones brought here. */
const SCHEMA_VERSION = 2;
/** 1 had no journal, and kept entries within their index, where a search reads all of a large one to compare its key. */
const FROM_VERSION_1 = `
    ALTER TABLE entry RENAME TO entry_of_version_1;
    ${SCHEMA}
    INSERT INTO entry (room, at, crc, data) SELECT room, at, crc, data FROM entry_of_version_1 ORDER BY room, sequence;
    DROP TABLE entry_of_version_1;
`;
const CACHED_ROOMS = 20_000;
/** Over this the journal is folded into entries. Opening a room reads all of it, which takes about a millisecond. */
const FOLD_AFTER_BYTES = 2 * 1024 * 1024;
/** A row's own size in the journal, for many tiny ones. */
const ROW_BYTES = 32;
/** Larger pieces are entries at once: writing them twice costs more than a page of their own. */
const DIRECT_BYTES = 64 * 1024;
/** An entry is cut into rows of so much: SQLite copies a row several times while it writes or reads it. */
const PIECE_BYTES = 256 * 1024;

export class CorruptEntry extends Error {}

export function packedLength(updates: readonly Uint8Array[]): number {
    return updates.reduce((sum, update) => sum + 4 + update.length, 0);
}

/** Writes updates, each with its length in front, and returns the offset behind them. */
export function packInto(target: Buffer, offset: number, updates: readonly Uint8Array[]): number {
    for (const update of updates) {
        offset = target.writeUInt32LE(update.length, offset);
        target.set(update, offset);
        offset += update.length;
    }
    return offset;
}

/** One blob of several updates. */
export function packUpdates(updates: readonly Uint8Array[]): Buffer {
    const packed = Buffer.allocUnsafeSlow(packedLength(updates));
    packInto(packed, 0, updates);
    return packed;
}

/** @throws CorruptEntry when the lengths do not add up */
export function unpackUpdates(packed: Uint8Array): Uint8Array[] {
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
    const updates: Uint8Array[] = [];
    let offset = 0;
    while (offset < packed.length) {
        if (offset + 4 > packed.length) {
            throw new CorruptEntry('an entry is cut off');
        }
        const length = view.getUint32(offset, true);
        offset += 4;
        if (length > packed.length - offset) {
            throw new CorruptEntry('an entry is cut off');
        }
        updates.push(packed.subarray(offset, offset + length));
        offset += length;
    }
    return updates;
}

interface Row {
    readonly room: number;
    readonly at: number;
    readonly crc: number;
    readonly data: Uint8Array;
}

/**
 * The SQLite file, used from one thread. Every write is a transaction that is on disk when the call returns.
 *
 * What is appended goes to the end of one journal for all rooms, so that a commit touches a page or two however many
 * rooms it is about. From time to time the journal is folded into each room's own entries.
 */
export class SqliteStore {
    private readonly database: DatabaseSync;
    private readonly statements = new Map<string, StatementSync>();
    /** Room name to id; writer only. */
    private readonly known = new Map<string, number>();
    /** Rooms that may have rows in the journal, by id, and how much there is; writer only. */
    private readonly journaled = new Set<number>();
    private journalBytes = 0;
    private foldAfterBytes = FOLD_AFTER_BYTES;

    constructor(file: string, options: { readOnly: boolean }) {
        this.database = new DatabaseSync(file, { readOnly: options.readOnly, timeout: 10_000 });
        if (!options.readOnly) {
            this.database.exec(
                'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 4000',
            );
            const { user_version: version } = this.database.prepare('PRAGMA user_version').get() as { user_version: number };
            if (version > SCHEMA_VERSION) {
                throw new Error(`${file} was written by a newer version (schema ${version}, this program knows ${SCHEMA_VERSION}).`);
            }
            if (version < SCHEMA_VERSION) {
                this.database.exec(`BEGIN; ${version === 1 ? FROM_VERSION_1 : SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
            }
        }
        // The kernel's cache holds the file already; a second copy here would only be held for nothing.
        this.database.exec('PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY');
        if (!options.readOnly) {
            this.prepare('SELECT DISTINCT room FROM journal')
                .all()
                .forEach(({ room }) => this.journaled.add(room as number));
            this.tryFold();
        }
    }

    /** Appends one entry for each room; `data` holds them one after the other. */
    append(rooms: readonly string[], lengths: readonly number[], data: Uint8Array, at: number): void {
        if (lengths.some((length) => length >= DIRECT_BYTES)) {
            // So that they come behind what the journal holds of their rooms.
            this.tryFold();
        }
        this.transaction(() => {
            const insert = this.prepare('INSERT INTO journal (room, at, crc, data) VALUES (?, ?, ?, ?)');
            let offset = 0;
            rooms.forEach((room, index) => {
                const blob = data.subarray(offset, (offset += lengths[index] as number));
                const id = this.roomOf(room, at);
                if (blob.length >= DIRECT_BYTES && !this.journaled.has(id)) {
                    this.insertEntry(id, at, blob);
                } else {
                    insert.run(id, at, crc32(blob), blob);
                    this.journaled.add(id);
                    this.journalBytes += blob.length + ROW_BYTES;
                }
            });
        });
    }

    /** Folds the journal when it has grown long. Called between commits; what does not succeed is tried again later. */
    tidy(): void {
        if (this.journalBytes > this.foldAfterBytes) {
            this.tryFold();
        }
    }

    /** @throws CorruptEntry */
    load(room: string): Uint8Array[] {
        const id = this.idOf(room);
        if (id === undefined) {
            return [];
        }
        // Both tables as of one moment: between the two the writer may fold.
        this.prepare('BEGIN').run();
        try {
            const { bytes } = this.prepare(
                `SELECT coalesce((SELECT sum(length(data)) FROM entry WHERE room = ?1), 0)
                      + coalesce((SELECT sum(length(data)) FROM journal WHERE room = ?1), 0) AS bytes`,
            ).get(id) as { bytes: number };
            const packed = Buffer.allocUnsafeSlow(bytes);
            let offset = 0;
            for (const table of ['entry', 'journal']) {
                for (const row of this.prepare(`SELECT id, crc, data FROM ${table} WHERE room = ? ORDER BY id`).iterate(id)) {
                    const { id: number, crc, data } = row as unknown as Row & { id: number };
                    if (crc32(data) !== crc) {
                        throw new CorruptEntry(`${table} ${number} of room ${room} does not match its checksum`);
                    }
                    packed.set(data, offset);
                    offset += data.length;
                    release(data);
                }
            }
            return unpackUpdates(packed);
        } finally {
            this.prepare('COMMIT').run();
        }
    }

    /** `data` is the snapshot, packed. */
    compact(room: string, data: Uint8Array, at: number): void {
        this.transaction(() => {
            this.replaceEntries(this.roomOf(room, at), data, at);
        });
    }

    list(prefix: string, after: string, limit: number): RoomSummary[] {
        const rows = this.prepare(
            `WITH tail AS MATERIALIZED (SELECT room, sum(length(data)) AS bytes, max(at) AS at FROM journal GROUP BY room)
             SELECT name, created_at,
                    coalesce((SELECT sum(length(data)) FROM entry WHERE entry.room = room.id), 0) + coalesce(tail.bytes, 0) AS bytes,
                    coalesce(tail.at, (SELECT at FROM entry WHERE entry.room = room.id ORDER BY id DESC LIMIT 1)) AS updated_at
             FROM room LEFT JOIN tail ON tail.room = room.id WHERE name > ? AND name >= ? AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?`,
        ).all(after, prefix, prefix, prefix, limit) as {
            name: string;
            created_at: number;
            bytes: number;
            updated_at: number | null;
        }[];
        return rows.map((row) => ({
            room: row.name,
            bytes: row.bytes,
            createdAt: row.created_at,
            updatedAt: row.updated_at ?? row.created_at,
        }));
    }

    remove(room: string): boolean {
        const id = this.idOf(room);
        this.known.delete(room);
        if (id === undefined) {
            return false;
        }
        this.transaction(() => {
            this.prepare('DELETE FROM entry WHERE room = ?').run(id);
            this.clearJournal(id);
            this.prepare('DELETE FROM version WHERE room = ?').run(id);
            this.prepare('DELETE FROM room WHERE id = ?').run(id);
        });
        this.scrub();
        return true;
    }

    saveVersion(room: string, version: { name: string; author: string; snapshot: Uint8Array }, at: number): VersionSummary {
        const roomId = this.roomOf(room, at);
        const { lastInsertRowid } = this.prepare('INSERT INTO version (room, name, author, at, crc, data) VALUES (?, ?, ?, ?, ?, ?)').run(
            roomId,
            version.name,
            version.author,
            at,
            crc32(version.snapshot),
            version.snapshot,
        );
        return { id: Number(lastInsertRowid), name: version.name, author: version.author, createdAt: at, bytes: version.snapshot.length };
    }

    listVersions(room: string): VersionSummary[] {
        return this.prepare(
            `SELECT version.id, version.name, author, at AS createdAt, length(data) AS bytes FROM version JOIN room ON room.id = version.room
             WHERE room.name = ? ORDER BY version.id DESC LIMIT 1000`,
        )
            .all(room)
            .map((row) => ({ ...row }) as unknown as VersionSummary);
    }

    /** @throws CorruptEntry */
    loadVersion(room: string, id: number): Uint8Array | undefined {
        const row = this.prepare(
            'SELECT version.crc, version.data FROM version JOIN room ON room.id = version.room WHERE room.name = ? AND version.id = ?',
        ).get(room, id) as { crc: number; data: Uint8Array } | undefined;
        if (row && crc32(row.data) !== row.crc) {
            throw new CorruptEntry(`version ${id} of room ${room} does not match its checksum`);
        }
        return row?.data;
    }

    /** `data` is the snapshot, packed. */
    rewrite(room: string, data: Uint8Array, at: number): void {
        this.transaction(() => {
            const id = this.roomOf(room, at);
            this.prepare('DELETE FROM version WHERE room = ?').run(id);
            this.replaceEntries(id, data, at);
        });
        this.scrub();
    }

    /** Moves the write-ahead log into the file and empties it, so that overwritten bytes are in neither. */
    scrub(): void {
        this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    }

    check(): void {
        this.transaction(() => this.prepare('PRAGMA user_version').get());
    }

    close(): void {
        this.database.close();
    }

    private replaceEntries(room: number, data: Uint8Array, at: number): void {
        this.prepare('DELETE FROM entry WHERE room = ?').run(room);
        this.clearJournal(room);
        this.insertEntry(room, at, data);
    }

    private insertEntry(room: number, at: number, data: Uint8Array): void {
        for (let offset = 0; offset < data.length; offset += PIECE_BYTES) {
            const piece = data.subarray(offset, offset + PIECE_BYTES);
            this.insertRow({ room, at, crc: crc32(piece), data: piece });
        }
    }

    private insertRow({ room, at, crc, data }: Row): void {
        this.prepare('INSERT INTO entry (room, at, crc, data) VALUES (?, ?, ?, ?)').run(room, at, crc, data);
    }

    private clearJournal(room: number): void {
        // Without an index this reads the journal, which is short.
        if (this.journaled.has(room)) {
            this.prepare('DELETE FROM journal WHERE room = ?').run(room);
        }
    }

    private tryFold(): void {
        if (this.journaled.size === 0) {
            return;
        }
        try {
            this.transaction(() => this.fold());
            this.journaled.clear();
            this.journalBytes = 0;
            this.foldAfterBytes = FOLD_AFTER_BYTES;
        } catch {
            // The journal is as good as entries, only longer to read.
            this.foldAfterBytes = this.journalBytes + FOLD_AFTER_BYTES;
        }
    }

    /** Moves the journal into entries, one for each room. Runs within a transaction. */
    private fold(): void {
        const rows = this.prepare('SELECT room, at, crc, data FROM journal ORDER BY id').all() as unknown as Row[];
        const byRoom = new Map<number, Row[]>();
        for (const row of rows) {
            const list = byRoom.get(row.room);
            if (list) {
                list.push(row);
            } else {
                byRoom.set(row.room, [row]);
            }
        }
        for (const [room, list] of byRoom) {
            // A damaged row stays alone under its old checksum, so that who loads the room is told.
            if (list.every(({ crc, data }) => crc32(data) === crc)) {
                this.insertEntry(room, (list.at(-1) as Row).at, Buffer.concat(list.map((row) => row.data)));
            } else {
                list.forEach((row) => this.insertRow(row));
            }
        }
        this.prepare('DELETE FROM journal').run();
    }

    private idOf(room: string): number | undefined {
        return (this.prepare('SELECT id FROM room WHERE name = ?').get(room) as { id: number } | undefined)?.id;
    }

    private roomOf(room: string, at: number): number {
        let id = this.known.get(room);
        if (id === undefined) {
            id = this.idOf(room) ?? Number(this.prepare('INSERT INTO room (name, created_at) VALUES (?, ?)').run(room, at).lastInsertRowid);
            if (this.known.size >= CACHED_ROOMS) {
                this.known.delete(this.known.keys().next().value as string);
            }
            this.known.set(room, id);
        }
        return id;
    }

    private prepare(sql: string): StatementSync {
        let statement = this.statements.get(sql);
        if (!statement) {
            statement = this.database.prepare(sql);
            this.statements.set(sql, statement);
        }
        return statement;
    }

    private transaction(work: () => void): void {
        this.prepare('BEGIN IMMEDIATE').run();
        try {
            work();
            this.prepare('COMMIT').run();
        } catch (error) {
            this.known.clear();
            try {
                this.database.exec('ROLLBACK');
            } catch {
                // SQLite rolled back by itself (full disk, I/O error).
            }
            throw error;
        }
    }
}
