import { randomUUID } from 'node:crypto';
import { RESOURCE_API_VERSION, type AnyResource, type Kind, type ResourceOf } from '@tandem/protocol';
import {
    AppError,
    ConstraintError,
    ExpectationError,
    openSqlite,
    systemClock,
    type Clock,
    type SqliteDatabase,
    type SqlRow,
    type SqlStatement,
    type SqlValue,
} from '@tandem/server-kit';
import { validateResource } from '../../resources/validate.ts';
import type { ListOptions, ListResult, NewObject, ObjectKey, ResourceStore, Watch, WatchEvent } from '../resource-store.ts';
import { EventStream } from './event-stream.ts';
import { migrations } from './migrations.ts';

/** So many past events can be resumed from; older cursors are answered with `cursor-expired`. */
const KEPT_EVENTS = 20_000;
const PRUNE_EVERY_WRITES = 1_000;
const DELETE_ATTEMPTS = 8;

const KEY = 'kind = ? AND namespace = ? AND name = ?';
const NEWEST_VERSION = '(SELECT coalesce(max(version), 0) FROM event)';
const keyOf = (key: ObjectKey): SqlValue[] => [key.kind, key.namespace, key.name];
const describeKey = (key: ObjectKey): string => `${key.kind} ${key.namespace}/${key.name}`;

function toObject<K extends Kind>(row: SqlRow): ResourceOf<K> {
    const object = JSON.parse(row['body'] as string) as AnyResource;
    object.metadata.resourceVersion = String(row['version']);
    return object as ResourceOf<K>;
}

/** Resources in one SQLite file, owned by a worker thread. */
export class SqliteResourceStore implements ResourceStore {
    private readonly database: SqliteDatabase;
    private readonly clock: Clock;
    private readonly streams = new Map<EventStream, readonly Kind[] | undefined>();
    private writes = 0;

    private constructor(database: SqliteDatabase, clock: Clock) {
        this.database = database;
        this.clock = clock;
    }

    /** @throws AppError `unavailable` when the file is damaged or newer than this program */
    static async open(path: string, clock: Clock = systemClock): Promise<SqliteResourceStore> {
        return new SqliteResourceStore(await openSqlite({ path, migrations }), clock);
    }

    /** Writes a consistent copy to `path` while others read and write. */
    backupTo(path: string): Promise<void> {
        return this.database.backupTo(path);
    }

    async create<K extends Kind>(object: NewObject<K>): Promise<ResourceOf<K>> {
        const { kind, metadata, spec, status } = object;
        const full = {
            apiVersion: RESOURCE_API_VERSION,
            kind,
            metadata: {
                namespace: metadata.namespace,
                name: metadata.name,
                uid: randomUUID(),
                resourceVersion: '0',
                generation: 1,
                labels: metadata.labels ?? {},
                annotations: metadata.annotations ?? {},
                finalizers: metadata.finalizers ?? [],
                createdAt: this.timestamp(),
            },
            spec,
            status,
        };
        validateResource(kind, full);
        const key = { kind, namespace: metadata.namespace, name: metadata.name };
        const body = JSON.stringify(full);
        try {
            return await this.write<K>('added', key, [
                {
                    sql: `INSERT INTO object (kind, namespace, name, version, body) VALUES (?, ?, ?, 0, ?)`,
                    parameters: [...keyOf(key), body],
                },
                ...this.recordChange('added', key),
            ]);
        } catch (error) {
            if (error instanceof ConstraintError) {
                const taken = kind === 'Workspace' ? 'is or was the name of another workspace' : 'exists already';
                throw new AppError('already-exists', `${kind} "${metadata.name}" ${taken}. Choose another name.`, {
                    cause: error,
                    pointer: '/metadata/name',
                });
            }
            throw error;
        }
    }

    async get<K extends Kind>(kind: K, namespace: string, name: string): Promise<ResourceOf<K> | undefined> {
        const [row] = await this.database.query(`SELECT body, version FROM object WHERE ${KEY}`, [kind, namespace, name]);
        return row === undefined ? undefined : toObject<K>(row);
    }

    async list<K extends Kind>(kind: K, options: ListOptions = {}): Promise<ListResult<K>> {
        const conditions = ['kind = ?'];
        const parameters: SqlValue[] = [kind];
        if (options.namespace !== undefined) {
            conditions.push('namespace = ?');
            parameters.push(options.namespace);
        }
        for (const [label, value] of Object.entries(options.labels ?? {})) {
            conditions.push(`EXISTS (SELECT 1 FROM json_each(body, '$.metadata.labels') WHERE key = ? AND value = ?)`);
            parameters.push(label, value);
        }
        if (options.cursor !== undefined) {
            conditions.push('(namespace, name) > (?, ?)');
            parameters.push(...decodeCursor(options.cursor));
        }
        const limit = options.limit ?? -1;
        const [rows, [newest]] = (await this.database.transaction([
            {
                sql: `SELECT body, version FROM object WHERE ${conditions.join(' AND ')} ORDER BY namespace, name LIMIT ?`,
                // One more than asked tells whether there is a next page.
                parameters: [...parameters, limit < 0 ? -1 : limit + 1],
            },
            { sql: `SELECT ${NEWEST_VERSION} AS version` },
        ])) as [SqlRow[], SqlRow[]];
        const items = rows.map((row) => toObject<K>(row));
        const result: ListResult<K> = { items, version: String(newest!['version']) };
        if (limit >= 0 && items.length > limit) {
            items.length = limit;
            const last = items.at(-1)!;
            result.nextCursor = Buffer.from(JSON.stringify([last.metadata.namespace, last.metadata.name])).toString('base64url');
        }
        return result;
    }

    async update<K extends Kind>(object: ResourceOf<K>): Promise<ResourceOf<K>> {
        validateResource(object.kind, object);
        const { kind, metadata, spec } = object;
        const key: ObjectKey = { kind, namespace: metadata.namespace, name: metadata.name };
        if (metadata.deletedAt !== undefined && metadata.finalizers.length === 0) {
            return this.precise(key, metadata.resourceVersion, () => this.remove<K>(key, metadata.resourceVersion));
        }
        const newSpec = JSON.stringify(spec);
        return this.precise(key, metadata.resourceVersion, () =>
            this.write<K>('modified', key, [
                {
                    sql: `UPDATE object SET body = json_set(body,
                            '$.metadata.generation', json_extract(body, '$.metadata.generation') + (json_extract(body, '$.spec') <> json(?)),
                            '$.metadata.labels', json(?), '$.metadata.annotations', json(?), '$.metadata.finalizers', json(?),
                            '$.spec', json(?))
                          WHERE ${KEY} AND version = ?`,
                    parameters: [
                        newSpec,
                        JSON.stringify(metadata.labels),
                        JSON.stringify(metadata.annotations),
                        JSON.stringify(metadata.finalizers),
                        newSpec,
                        ...keyOf(key),
                        Number(metadata.resourceVersion),
                    ],
                    expectRows: 1,
                },
                ...this.recordChange('modified', key),
            ]),
        );
    }

    async updateStatus<K extends Kind>(object: ResourceOf<K>): Promise<ResourceOf<K>> {
        validateResource(object.kind, object);
        const { kind, metadata, status } = object;
        const key: ObjectKey = { kind, namespace: metadata.namespace, name: metadata.name };
        return this.precise(key, metadata.resourceVersion, () =>
            this.write<K>('modified', key, [
                {
                    sql: `UPDATE object SET body = json_set(body, '$.status', json(?)) WHERE ${KEY} AND version = ?`,
                    parameters: [JSON.stringify(status), ...keyOf(key), Number(metadata.resourceVersion)],
                    expectRows: 1,
                },
                ...this.recordChange('modified', key),
            ]),
        );
    }

    async delete(key: ObjectKey, precondition: { uid?: string; resourceVersion?: string } = {}): Promise<void> {
        for (let attempt = 1; ; attempt++) {
            const current = await this.get(key.kind, key.namespace, key.name);
            if (current === undefined || (current.metadata.deletedAt !== undefined && current.metadata.finalizers.length > 0)) {
                return;
            }
            const { uid, resourceVersion } = current.metadata;
            if (
                (precondition.uid !== undefined && precondition.uid !== uid) ||
                (precondition.resourceVersion !== undefined && precondition.resourceVersion !== resourceVersion)
            ) {
                throw new AppError('conflict', `${describeKey(key)} was changed meanwhile. Read it again.`);
            }
            try {
                if (current.metadata.finalizers.length === 0) {
                    await this.remove(key, resourceVersion);
                } else {
                    await this.markDeleted(key, resourceVersion);
                }
                return;
            } catch (error) {
                if (!(error instanceof ExpectationError) || attempt === DELETE_ATTEMPTS) {
                    throw error;
                }
            }
        }
    }

    async watch(options: { kinds?: readonly Kind[]; since?: string } = {}): Promise<Watch> {
        const stream: EventStream = new EventStream(() => this.streams.delete(stream));
        this.streams.set(stream, options.kinds);
        try {
            const [rows, [bounds]] = (await this.database.transaction([
                {
                    sql: 'SELECT version, type, kind, body FROM event WHERE version > ? ORDER BY version',
                    parameters: [options.since === undefined ? Number.MAX_SAFE_INTEGER : parseVersion(options.since)],
                },
                { sql: `SELECT (SELECT coalesce(min(version), 1) FROM event) AS oldest, ${NEWEST_VERSION} AS newest` },
            ])) as [SqlRow[], SqlRow[]];
            const oldest = Number(bounds!['oldest']);
            const newest = Number(bounds!['newest']);
            const since = options.since === undefined ? newest : parseVersion(options.since);
            if (since < oldest - 1 || since > newest) {
                throw new AppError('cursor-expired', `The cursor "${options.since}" is too old. List again and watch from there.`);
            }
            const past = rows.map(toWatchEvent).filter((event) => options.kinds === undefined || options.kinds.includes(event.kind));
            stream.start(past, since);
            return stream;
        } catch (error) {
            stream.close();
            throw error;
        }
    }

    async close(): Promise<void> {
        for (const stream of [...this.streams.keys()]) {
            stream.close();
        }
        await this.database.close();
    }

    private remove<K extends Kind>(key: ObjectKey, resourceVersion: string): Promise<ResourceOf<K>> {
        return this.write<K>('deleted', key, [
            {
                sql: `SELECT 1 FROM object WHERE ${KEY} AND version = ?`,
                parameters: [...keyOf(key), Number(resourceVersion)],
                expectRows: 1,
            },
            // Read between the last event and the row's end: that is the object as it went, under its last version.
            ...this.recordChange('deleted', key),
            { sql: `DELETE FROM object WHERE ${KEY}`, parameters: keyOf(key), expectRows: 1 },
        ]);
    }

    private async markDeleted(key: ObjectKey, resourceVersion: string): Promise<void> {
        await this.write('modified', key, [
            {
                sql: `UPDATE object SET body = json_set(body, '$.metadata.deletedAt', ?) WHERE ${KEY} AND version = ?`,
                parameters: [this.timestamp(), ...keyOf(key), Number(resourceVersion)],
                expectRows: 1,
            },
            ...this.recordChange('modified', key),
        ]);
    }

    private recordChange(type: WatchEvent['type'], key: ObjectKey): SqlStatement[] {
        return [
            {
                sql: `INSERT INTO event (type, kind, body) SELECT ?, kind, body FROM object WHERE ${KEY}`,
                parameters: [type, ...keyOf(key)],
            },
            ...this.stampAndRead(key),
        ];
    }

    private stampAndRead(key: ObjectKey): SqlStatement[] {
        return [
            { sql: `UPDATE object SET version = ${NEWEST_VERSION} WHERE ${KEY}`, parameters: keyOf(key) },
            { sql: `SELECT body, version FROM object WHERE ${KEY}`, parameters: keyOf(key), expectRows: 1 },
        ];
    }

    /** Every write goes through here, so that watchers hear of changes in the order they were committed in. */
    private async write<K extends Kind>(type: WatchEvent['type'], key: ObjectKey, statements: SqlStatement[]): Promise<ResourceOf<K>> {
        const results = await this.database.transaction(statements);
        const row = results.flat().find((candidate) => 'body' in candidate)!;
        const object = toObject<K>(row);
        const event: WatchEvent = { type, kind: key.kind, object, version: object.metadata.resourceVersion };
        for (const [stream, kinds] of this.streams) {
            if (kinds === undefined || kinds.includes(key.kind)) {
                stream.push(event);
            }
        }
        if (++this.writes % PRUNE_EVERY_WRITES === 0) {
            void this.database
                .query(`DELETE FROM event WHERE version <= ${NEWEST_VERSION} - ?`, [KEPT_EVENTS])
                // A failure here (a full disk, say) costs nothing: the next round tries again.
                .catch(() => undefined);
        }
        return structuredClone(object);
    }

    /** Tells "someone changed it" from "it is gone" when a versioned write found nothing to write. */
    private async precise<T>(key: ObjectKey, resourceVersion: string, write: () => Promise<T>): Promise<T> {
        try {
            return await write();
        } catch (error) {
            if (!(error instanceof ExpectationError)) {
                throw error;
            }
            if ((await this.get(key.kind, key.namespace, key.name)) === undefined) {
                throw new AppError('not-found', `${describeKey(key)} does not exist.`, { cause: error });
            }
            throw new AppError('conflict', `${describeKey(key)} was changed since version ${resourceVersion}. Read it again.`, {
                cause: error,
            });
        }
    }

    private timestamp(): string {
        return new Date(this.clock.now()).toISOString();
    }
}

function toWatchEvent(row: SqlRow): WatchEvent {
    return {
        type: row['type'] as WatchEvent['type'],
        kind: row['kind'] as Kind,
        object: toObject(row),
        version: String(row['version']),
    };
}

function parseVersion(version: string): number {
    if (!/^\d{1,15}$/.test(version)) {
        throw new AppError('invalid-request', `The cursor "${version}" is not a version. Pass one that a list or an event gave.`);
    }
    return Number(version);
}

function decodeCursor(cursor: string): [string, string] {
    try {
        const [namespace, name] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
        if (typeof namespace === 'string' && typeof name === 'string') {
            return [namespace, name];
        }
    } catch {
        // Told below.
    }
    throw new AppError('invalid-request', `The cursor "${cursor}" is not one that a list gave.`, { pointer: '/cursor' });
}
