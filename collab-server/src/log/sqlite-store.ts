import { crc32 } from 'node:zlib';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { RoomSummary, VersionSummary } from './update-log.ts';

const SCHEMA = `
    CREATE TABLE IF NOT EXISTS room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS entry (
        room INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (room, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS version (
        id INTEGER PRIMARY KEY AUTOINCREMENT, room INTEGER NOT NULL, name TEXT NOT NULL, author TEXT NOT NULL,
        at INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS version_room ON version (room);
`;
/** Newer files are refused; older ones would be migrated here. */
const SCHEMA_VERSION = 1;
const CACHED_ROOMS = 20_000;

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

/** The SQLite file, used from one thread. Every write is a transaction that is on disk when the call returns. */
export class SqliteStore {
    private readonly database: DatabaseSync;
    private readonly statements = new Map<string, StatementSync>();
    /** Room name to id and last sequence; writer only. */
    private readonly known = new Map<string, { id: number; sequence: number }>();

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
            this.database.exec(SCHEMA);
            this.database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
        }
        this.database.exec('PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
    }

    /** Appends one entry for each room; `data` holds them one after the other. */
    append(rooms: readonly string[], lengths: readonly number[], data: Uint8Array, at: number): void {
        this.transaction(() => {
            const insert = this.prepare('INSERT INTO entry (room, sequence, at, crc, data) VALUES (?, ?, ?, ?, ?)');
            let offset = 0;
            rooms.forEach((room, index) => {
                const blob = data.subarray(offset, (offset += lengths[index] as number));
                const entry = this.roomOf(room, at);
                insert.run(entry.id, ++entry.sequence, at, crc32(blob), blob);
            });
        });
    }

    /** @throws CorruptEntry */
    load(room: string): Uint8Array[] {
        const rows = this.prepare(
            'SELECT entry.sequence, entry.crc, entry.data FROM entry JOIN room ON room.id = entry.room WHERE room.name = ? ORDER BY entry.sequence',
        ).all(room) as { sequence: number; crc: number; data: Uint8Array }[];
        return rows.flatMap(({ sequence, crc, data }) => {
            if (crc32(data) !== crc) {
                throw new CorruptEntry(`entry ${sequence} of room ${room} does not match its checksum`);
            }
            return unpackUpdates(data);
        });
    }

    compact(room: string, snapshot: Uint8Array, at: number): void {
        this.transaction(() => {
            const entry = this.roomOf(room, at);
            this.replaceEntries(entry, snapshot, at);
        });
    }

    list(prefix: string, after: string, limit: number): RoomSummary[] {
        const rows = this.prepare(
            `SELECT name, created_at, (SELECT sum(length(data)) FROM entry WHERE entry.room = room.id) AS bytes,
                    (SELECT at FROM entry WHERE entry.room = room.id ORDER BY sequence DESC LIMIT 1) AS updated_at
             FROM room WHERE name > ? AND name >= ? AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?`,
        ).all(after, prefix, prefix, prefix, limit) as {
            name: string;
            created_at: number;
            bytes: number | null;
            updated_at: number | null;
        }[];
        return rows.map((row) => ({
            room: row.name,
            bytes: row.bytes ?? 0,
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
            this.prepare('DELETE FROM version WHERE room = ?').run(id);
            this.prepare('DELETE FROM room WHERE id = ?').run(id);
        });
        this.scrub();
        return true;
    }

    saveVersion(room: string, version: { name: string; author: string; snapshot: Uint8Array }, at: number): VersionSummary {
        const { id: roomId } = this.roomOf(room, at);
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

    rewrite(room: string, snapshot: Uint8Array, at: number): void {
        this.transaction(() => {
            const entry = this.roomOf(room, at);
            this.prepare('DELETE FROM version WHERE room = ?').run(entry.id);
            this.replaceEntries(entry, snapshot, at);
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

    private replaceEntries(entry: { id: number; sequence: number }, snapshot: Uint8Array, at: number): void {
        this.prepare('DELETE FROM entry WHERE room = ? AND sequence <= ?').run(entry.id, entry.sequence);
        const data = packUpdates([snapshot]);
        this.prepare('INSERT INTO entry (room, sequence, at, crc, data) VALUES (?, ?, ?, ?, ?)').run(
            entry.id,
            ++entry.sequence,
            at,
            crc32(data),
            data,
        );
    }

    private idOf(room: string): number | undefined {
        return (this.prepare('SELECT id FROM room WHERE name = ?').get(room) as { id: number } | undefined)?.id;
    }

    private roomOf(room: string, at: number): { id: number; sequence: number } {
        let entry = this.known.get(room);
        if (entry) {
            return entry;
        }
        const id =
            this.idOf(room) ?? Number(this.prepare('INSERT INTO room (name, created_at) VALUES (?, ?)').run(room, at).lastInsertRowid);
        const { last } = this.prepare('SELECT max(sequence) AS last FROM entry WHERE room = ?').get(id) as { last: number | null };
        entry = { id, sequence: last ?? 0 };
        if (this.known.size >= CACHED_ROOMS) {
            this.known.delete(this.known.keys().next().value as string);
        }
        this.known.set(room, entry);
        return entry;
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
