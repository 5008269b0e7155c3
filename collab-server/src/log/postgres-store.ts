import { crc32 } from 'node:zlib';
import pg from 'pg';
import { UpdateLogError, type RoomSummary, type VersionSummary } from './update-log.ts';

const SCHEMA_VERSION = 1;
/** Taken while the schema is made, so that replicas that start together do not collide. */
const SCHEMA_LOCK = 7_400_001;
const LEASE_MS = 30_000;
const SCHEMA = `
    CREATE SCHEMA IF NOT EXISTS collab;
    CREATE TABLE IF NOT EXISTS collab.version_info (version integer NOT NULL);
    CREATE TABLE IF NOT EXISTS collab.installation (id uuid PRIMARY KEY DEFAULT gen_random_uuid());
    INSERT INTO collab.installation SELECT gen_random_uuid() WHERE NOT EXISTS (SELECT 1 FROM collab.installation);
    CREATE TABLE IF NOT EXISTS collab.room (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, sequence bigint NOT NULL, created_at bigint NOT NULL,
        compaction_token bigint NOT NULL DEFAULT 0, leased_until timestamptz NOT NULL DEFAULT '-infinity'
    );
    CREATE TABLE IF NOT EXISTS collab.entry (
        room bigint NOT NULL REFERENCES collab.room ON DELETE CASCADE, sequence bigint NOT NULL, at bigint NOT NULL, crc bigint NOT NULL, data bytea NOT NULL,
        PRIMARY KEY (room, sequence)
    );
    CREATE TABLE IF NOT EXISTS collab.version (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room bigint NOT NULL REFERENCES collab.room ON DELETE CASCADE,
        name text NOT NULL, author text NOT NULL, at bigint NOT NULL, crc bigint NOT NULL, data bytea NOT NULL
    );
    CREATE INDEX IF NOT EXISTS version_room ON collab.version (room);
`;

export interface StoredEntry {
    readonly sequence: number;
    readonly data: Buffer;
}

/** Where a room stands. A room that was removed or rewritten comes back with another id. */
export interface RoomPosition {
    readonly id: string;
    readonly sequence: number;
}

/** The statements of the log. The lock on a room's row makes sequences rise in the order of commits, without gaps. */
export class PostgresStore {
    private readonly pool: pg.Pool;

    constructor(url: string) {
        this.pool = new pg.Pool({
            connectionString: url,
            max: 8,
            connectionTimeoutMillis: 5_000,
            statement_timeout: 30_000,
            // A database that vanished without a word must not hold up the log for ever.
            query_timeout: 40_000,
            keepAlive: true,
        });
        // A connection that breaks fails its query; the event of its own would end the process while a transaction holds it.
        this.pool.on('connect', (client) => client.on('error', () => undefined));
        this.pool.on('error', () => undefined);
    }

    /** Makes or checks the tables, and returns the id of this installation. @throws UpdateLogError when it is a newer version's */
    async migrate(): Promise<string> {
        return this.transaction(async (client) => {
            await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
            await client.query(SCHEMA);
            const { rows } = await client.query<{ version: number }>('SELECT version FROM collab.version_info');
            const version = rows[0]?.version;
            if (version === undefined) {
                await client.query('INSERT INTO collab.version_info VALUES ($1)', [SCHEMA_VERSION]);
            } else if (version > SCHEMA_VERSION) {
                throw new UpdateLogError(
                    'failed',
                    `The database was written by a newer version (schema ${version}, this program knows ${SCHEMA_VERSION}).`,
                );
            }
            const installation = await client.query<{ id: string }>('SELECT id FROM collab.installation');
            return installation.rows[0]?.id as string;
        });
    }

    /** Appends one entry for each room, and returns where they stand. */
    async append(batch: readonly { room: string; data: Buffer }[], at: number): Promise<Map<string, RoomPosition>> {
        const { rows } = await this.query<{ name: string; id: string; sequence: string }>(
            `WITH input AS (SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[]) AS t (name, data, crc)),
                  up AS (INSERT INTO collab.room (name, sequence, created_at) SELECT name, 1, $4 FROM input ORDER BY name
                         ON CONFLICT (name) DO UPDATE SET sequence = room.sequence + 1 RETURNING id, name, sequence),
                  added AS (INSERT INTO collab.entry (room, sequence, at, crc, data)
                            SELECT up.id, up.sequence, $4, input.crc, input.data FROM up JOIN input ON input.name = up.name)
             SELECT name, id, sequence FROM up`,
            [batch.map(({ room }) => room), batch.map(({ data }) => data), batch.map(({ data }) => crc32(data)), at],
            'append',
        );
        return positions(rows);
    }

    /** Entries after `after`, in order, and the room they are of; no id when there is no such room. @throws UpdateLogError `corrupt` */
    async load(room: string, after: number): Promise<{ id: string | undefined; entries: StoredEntry[] }> {
        const { rows } = await this.query<{ id: string; sequence: string | null; crc: string; data: Buffer }>(
            `SELECT room.id, entry.sequence, entry.crc, entry.data
             FROM collab.room LEFT JOIN collab.entry ON entry.room = room.id AND entry.sequence > $2
             WHERE room.name = $1 ORDER BY entry.sequence`,
            [room, after],
        );
        const entries: StoredEntry[] = [];
        for (const { sequence, crc, data } of rows) {
            if (sequence === null) {
                continue;
            }
            if (crc32(data) !== Number(crc)) {
                throw new UpdateLogError('corrupt', `Entry ${sequence} of room ${room} does not match its checksum`);
            }
            entries.push({ sequence: Number(sequence), data });
        }
        return { id: rows[0]?.id, entries };
    }

    /** Where each of these rooms stands; those that do not exist are missing. */
    async positions(rooms: readonly string[]): Promise<Map<string, RoomPosition>> {
        const { rows } = await this.query<{ name: string; id: string; sequence: string }>(
            'SELECT name, id, sequence FROM collab.room WHERE name = ANY($1)',
            [rooms],
        );
        return positions(rows);
    }

    /**
     * Replaces entries up to `through` by a snapshot. Takes a lease first; the token fences off a holder that slept
     * through its lease. Returns false when another replica is at it, or the room is another one by now.
     */
    async compact(room: string, id: string, through: number, snapshot: Buffer, at: number): Promise<boolean> {
        const lease = await this.query<{ compaction_token: string }>(
            `UPDATE collab.room SET compaction_token = compaction_token + 1, leased_until = now() + $2 * interval '1 millisecond'
             WHERE name = $1 AND id = $3 AND leased_until < now() RETURNING compaction_token`,
            [room, LEASE_MS, id],
        );
        const token = lease.rows[0]?.compaction_token;
        if (token === undefined) {
            return false;
        }
        return this.transaction(async (client) => {
            const held = await client.query('SELECT 1 FROM collab.room WHERE id = $1 AND compaction_token = $2 FOR UPDATE', [id, token]);
            if (held.rowCount === 0) {
                return false;
            }
            await client.query('DELETE FROM collab.entry WHERE room = $1 AND sequence <= $2', [id, through]);
            await client.query('INSERT INTO collab.entry (room, sequence, at, crc, data) VALUES ($1, $2, $3, $4, $5)', [
                id,
                through,
                at,
                crc32(snapshot),
                snapshot,
            ]);
            await client.query(`UPDATE collab.room SET leased_until = '-infinity' WHERE id = $1`, [id]);
            return true;
        });
    }

    /**
     * Replaces a room by a new one with `snapshot` alone, if it still stands at `position`. Its id is new, so that replicas
     * that hear nothing of it find out, and none can fold the old content back in. Returns whether it did.
     */
    async rewrite(room: string, position: RoomPosition, snapshot: Buffer, at: number): Promise<boolean> {
        return this.transaction(async (client) => {
            const { rows } = await client.query<{ created_at: string }>(
                'DELETE FROM collab.room WHERE name = $1 AND id = $2 AND sequence = $3 RETURNING created_at',
                [room, position.id, position.sequence],
            );
            const old = rows[0];
            if (!old) {
                return false;
            }
            const sequence = position.sequence + 1;
            const added = await client.query<{ id: string }>(
                'INSERT INTO collab.room (name, sequence, created_at) VALUES ($1, $2, $3) RETURNING id',
                [room, sequence, old.created_at],
            );
            await client.query('INSERT INTO collab.entry (room, sequence, at, crc, data) VALUES ($1, $2, $3, $4, $5)', [
                added.rows[0]?.id,
                sequence,
                at,
                crc32(snapshot),
                snapshot,
            ]);
            return true;
        });
    }

    async remove(room: string): Promise<boolean> {
        const { rowCount } = await this.query('DELETE FROM collab.room WHERE name = $1', [room]);
        return (rowCount ?? 0) > 0;
    }

    async list(prefix: string, after: string, limit: number): Promise<RoomSummary[]> {
        const { rows } = await this.query<{ name: string; created_at: string; bytes: string | null; updated_at: string | null }>(
            `SELECT name, created_at, sizes.bytes, sizes.updated_at FROM collab.room,
                    LATERAL (SELECT sum(length(data)) AS bytes, max(at) AS updated_at FROM collab.entry WHERE entry.room = room.id) AS sizes
             WHERE name > $1 AND name >= $2 AND starts_with(name, $2) ORDER BY name LIMIT $3`,
            [after, prefix, limit],
        );
        return rows.map((row) => ({
            room: row.name,
            bytes: Number(row.bytes ?? 0),
            createdAt: Number(row.created_at),
            updatedAt: Number(row.updated_at ?? row.created_at),
        }));
    }

    async saveVersion(room: string, version: { name: string; author: string; snapshot: Uint8Array }, at: number): Promise<VersionSummary> {
        const { rows } = await this.query<{ id: string }>(
            `INSERT INTO collab.version (room, name, author, at, crc, data) SELECT id, $2, $3, $4, $5, $6 FROM collab.room WHERE name = $1 RETURNING id`,
            [room, version.name, version.author, at, crc32(version.snapshot), Buffer.from(version.snapshot)],
        );
        return { id: Number(rows[0]?.id), name: version.name, author: version.author, createdAt: at, bytes: version.snapshot.length };
    }

    async listVersions(room: string): Promise<VersionSummary[]> {
        const { rows } = await this.query<{ id: string; name: string; author: string; at: string; bytes: number }>(
            `SELECT version.id, version.name, author, at, length(data) AS bytes FROM collab.version JOIN collab.room ON room.id = version.room
             WHERE room.name = $1 ORDER BY version.id DESC LIMIT 1000`,
            [room],
        );
        return rows.map(({ id, at, ...rest }) => ({ ...rest, id: Number(id), createdAt: Number(at) }));
    }

    async loadVersion(room: string, id: number): Promise<Buffer | undefined> {
        const { rows } = await this.query<{ crc: string; data: Buffer }>(
            'SELECT version.crc, version.data FROM collab.version JOIN collab.room ON room.id = version.room WHERE room.name = $1 AND version.id = $2',
            [room, id],
        );
        const row = rows[0];
        if (row && crc32(row.data) !== Number(row.crc)) {
            throw new UpdateLogError('corrupt', `Version ${id} of room ${room} does not match its checksum`);
        }
        return row?.data;
    }

    async check(): Promise<void> {
        await this.query('SELECT 1', []);
    }

    close(): Promise<void> {
        return this.pool.end();
    }

    /** @param name of a statement that is used so often that PostgreSQL should plan it once for each connection */
    private async query<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[], name?: string): Promise<pg.QueryResult<Row>> {
        try {
            return await this.pool.query<Row>({ text: sql, values: parameters, ...(name === undefined ? {} : { name }) });
        } catch (cause) {
            throw describe(cause);
        }
    }

    private async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
        let client: pg.PoolClient | undefined;
        let broken: Error | undefined;
        try {
            client = await this.pool.connect();
            await client.query('BEGIN');
            const result = await work(client);
            await client.query('COMMIT');
            return result;
        } catch (cause) {
            await client?.query('ROLLBACK').catch((error: Error) => (broken = error));
            throw describe(cause);
        } finally {
            client?.release(broken);
        }
    }
}

function positions(rows: readonly { name: string; id: string; sequence: string }[]): Map<string, RoomPosition> {
    return new Map(rows.map(({ name, id, sequence }) => [name, { id, sequence: Number(sequence) }]));
}

function describe(cause: unknown): UpdateLogError {
    if (cause instanceof UpdateLogError) {
        return cause;
    }
    const { code, message } = cause as { code?: string; message?: string };
    return new UpdateLogError(code === '53100' ? 'full' : 'failed', message ?? 'PostgreSQL failed', { cause });
}
