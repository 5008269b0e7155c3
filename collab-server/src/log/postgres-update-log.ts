import { randomUUID } from 'node:crypto';
import type { Logger } from '@tandem/server-kit';
import { PostgresStore, type RoomPosition } from './postgres-store.ts';
import { RedisFanOut, type StoredBatch } from './redis-fan-out.ts';
import type { Replication, ReplicationListener } from './replication.ts';
import { packUpdates, unpackUpdates } from './sqlite-store.ts';
import { UpdateLogError, type RoomSummary, type RoomUpdates, type UpdateLog, type VersionSummary } from './update-log.ts';

/** How often open rooms are compared with the database, which also finds what Redis lost. */
const COMPARE_MS = 1_000;

const REWRITTEN = 'the document was rewritten';

/** Which entries of a room this replica has: all up to `through`, and some beyond. `id` is unknown until it is stored. */
interface Seen {
    id: string | undefined;
    through: number;
    readonly beyond: Set<number>;
}

/**
 * PostgreSQL as log and snapshots, Redis between replicas. An update is published only after its commit: whoever loads a
 * room either finds an update in the database or hears of it afterwards, so no update falls between.
 */
export class PostgresUpdateLog implements UpdateLog, Replication {
    private readonly store: PostgresStore;
    private readonly fanOut: RedisFanOut;
    private readonly now: () => number;
    private readonly seen = new Map<string, Seen>();
    private readonly loading = new Map<string, StoredBatch[]>();
    private listener: ReplicationListener | undefined;
    private timer: NodeJS.Timeout | undefined;
    private appending: Promise<void> = Promise.resolve();
    private comparing: Promise<void> | undefined;
    private closed = false;

    private constructor(store: PostgresStore, fanOut: RedisFanOut, now: () => number) {
        this.store = store;
        this.fanOut = fanOut;
        this.now = now;
    }

    /** @throws UpdateLogError when the database cannot be reached or is not ours */
    static async open(options: { postgresUrl: string; redisUrl: string; logger: Logger; now?: () => number }): Promise<PostgresUpdateLog> {
        const store = new PostgresStore(options.postgresUrl);
        let installation: string;
        try {
            installation = await store.migrate();
        } catch (cause) {
            await store.close();
            throw new UpdateLogError('failed', `PostgreSQL cannot be used: ${(cause as Error).message}. Check TANDEM_COLLAB_POSTGRES.`, {
                cause,
            });
        }
        const log = new PostgresUpdateLog(
            store,
            new RedisFanOut(options.redisUrl, { installation, replica: randomUUID(), logger: options.logger }),
            options.now ?? Date.now,
        );
        log.start();
        return log;
    }

    listen(listener: ReplicationListener): void {
        this.listener = listener;
    }

    append(batch: readonly RoomUpdates[]): Promise<void> {
        // One after the other: the pool's connections would overtake each other.
        const appended = this.appending.then(() => this.appendNow(batch));
        this.appending = appended.catch(() => undefined);
        return appended;
    }

    private async appendNow(batch: readonly RoomUpdates[]): Promise<void> {
        const packed = batch.map(({ room, updates }) => ({ room, data: packUpdates(updates) }));
        const positions = await this.store.append(packed, this.now());
        const stored: StoredBatch[] = packed.map(({ room, data }) => ({ room, data, sequence: positions.get(room)?.sequence ?? 0 }));
        for (const [room, position] of positions) {
            if (!this.isAnother(room, position)) {
                this.markSeen(room, position.sequence, position.id);
            }
        }
        this.fanOut.publishBatches(stored);
    }

    async load(room: string): Promise<Uint8Array[]> {
        // What others store meanwhile is kept and applied once the room is open.
        const early: StoredBatch[] = [];
        this.loading.set(room, early);
        try {
            const { id, entries } = await this.store.load(room, 0);
            this.seen.set(room, { id, through: entries.at(-1)?.sequence ?? 0, beyond: new Set() });
            return entries.flatMap(({ data }) => unpackUpdates(data));
        } finally {
            setImmediate(() => {
                this.loading.delete(room);
                early.forEach((batch) => this.take(batch));
            });
        }
    }

    async compact(room: string, snapshot: Uint8Array): Promise<void> {
        const seen = this.seen.get(room);
        if (seen?.id !== undefined && seen.through > 0) {
            await this.store.compact(room, seen.id, seen.through, packUpdates([snapshot]), this.now());
        }
    }

    async rewrite(room: string, snapshot: Uint8Array): Promise<boolean> {
        const seen = this.seen.get(room);
        if (seen?.id === undefined) {
            return false;
        }
        const position = { id: seen.id, sequence: seen.through };
        if (!(await this.store.rewrite(room, position, packUpdates([snapshot]), this.now()))) {
            return false;
        }
        this.seen.delete(room);
        this.fanOut.publish('reset', room, Buffer.from(REWRITTEN));
        // The tail in Redis holds what was typed before.
        this.fanOut.forget();
        return true;
    }

    async remove(room: string): Promise<boolean> {
        const removed = await this.store.remove(room);
        this.seen.delete(room);
        this.fanOut.publish('reset', room, Buffer.from('the document was deleted'));
        this.fanOut.forget();
        return removed;
    }

    list(options: { prefix?: string; after?: string; limit: number }): Promise<RoomSummary[]> {
        return this.store.list(options.prefix ?? '', options.after ?? '', options.limit);
    }

    saveVersion(room: string, version: { name: string; author: string; snapshot: Uint8Array }): Promise<VersionSummary> {
        return this.store.saveVersion(room, version, this.now());
    }

    listVersions(room: string): Promise<VersionSummary[]> {
        return this.store.listVersions(room);
    }

    loadVersion(room: string, id: number): Promise<Uint8Array | undefined> {
        return this.store.loadVersion(room, id);
    }

    check(): Promise<void> {
        return this.store.check();
    }

    publishPresence(room: string, packed: Buffer): void {
        this.fanOut.publish('presence', room, packed);
    }

    requestPresence(room: string): void {
        this.fanOut.publish('presence-request', room, Buffer.alloc(0));
    }

    async close(): Promise<void> {
        this.closed = true;
        clearTimeout(this.timer);
        await this.comparing?.catch(() => undefined);
        await this.fanOut.close();
        await this.store.close();
    }

    private start(): void {
        this.fanOut.start({
            onBatches: (batches) => batches.forEach((batch) => this.take(batch)),
            onMessage: ({ type, replica, room, data }) => {
                switch (type) {
                    case 'presence':
                        return this.listener?.onPresence(room, replica, Buffer.from(data));
                    case 'presence-request':
                        return this.listener?.onPresenceRequest(room);
                    case 'reset':
                        this.seen.delete(room);
                        return this.listener?.onReset(room, data.toString());
                }
            },
            onReplicaGone: (replica) => this.listener?.onReplicaGone(replica),
            onGap: () => void this.compare(),
        });
        this.schedule();
    }

    private schedule(): void {
        if (!this.closed) {
            this.timer = setTimeout(() => void this.compare().finally(() => this.schedule()), COMPARE_MS);
        }
    }

    /** Fetches what the database has of open rooms and this replica has not. */
    private compare(): Promise<void> {
        this.comparing ??= this.fetchMissing()
            .catch(() => undefined)
            .finally(() => (this.comparing = undefined));
        return this.comparing;
    }

    private async fetchMissing(): Promise<void> {
        const rooms = new Set(this.listener?.openRooms() ?? []);
        for (const room of this.seen.keys()) {
            if (!rooms.has(room) && !this.loading.has(room)) {
                this.seen.delete(room);
            }
        }
        if (rooms.size === 0) {
            return;
        }
        const ids = new Map([...rooms].map((room) => [room, this.seen.get(room)?.id]));
        const positions = await this.store.positions([...rooms]);
        for (const room of rooms) {
            const seen = this.seen.get(room);
            const position = positions.get(room);
            // Where we learned of another id while we asked (our own first edit was stored), the answer may be older than that.
            if (!seen || seen.id !== ids.get(room) || this.loading.has(room) || this.isAnother(room, position)) {
                continue;
            }
            if (position && position.sequence > seen.through) {
                // What is committed has no gaps up to its last entry, and a snapshot holds all before it. Each is applied even
                // where its number is known: another replica may have folded entries that are not into one of that number.
                const { entries: missing } = await this.store.load(room, seen.through);
                const taken = missing.every(({ data }) => this.listener?.onUpdates(room, unpackUpdates(data)));
                const through = missing.at(-1)?.sequence;
                if (taken && through !== undefined) {
                    seen.through = Math.max(seen.through, through);
                    this.settle(seen);
                }
            }
        }
    }

    /**
     * Whether the room in the database is no longer the one that is open here: it was removed or rewritten, and Redis did
     * not tell us. Then it is closed here, so that nothing of the old one comes back.
     */
    private isAnother(room: string, position: RoomPosition | undefined): boolean {
        const seen = this.seen.get(room);
        if (seen?.id !== undefined && seen.id !== position?.id) {
            this.seen.delete(room);
            this.listener?.onReset(room, REWRITTEN);
            return true;
        }
        if (seen && position) {
            seen.id = position.id;
        }
        return false;
    }

    private take(batch: StoredBatch): void {
        const { room, sequence, data } = batch;
        const early = this.loading.get(room);
        if (early) {
            early.push(batch);
            return;
        }
        const seen = this.seen.get(room);
        if (!seen || sequence <= seen.through || seen.beyond.has(sequence)) {
            return;
        }
        // Applied before it counts as seen: a compaction must never drop an entry that its snapshot lacks.
        if (this.listener?.onUpdates(room, unpackUpdates(Buffer.from(data)))) {
            this.markSeen(room, sequence);
        }
    }

    private markSeen(room: string, sequence: number, id?: string): void {
        let seen = this.seen.get(room);
        if (!seen) {
            seen = { id, through: 0, beyond: new Set() };
            this.seen.set(room, seen);
        }
        seen.beyond.add(sequence);
        this.settle(seen);
    }

    /** Brings `through` up to the first entry that is missing. */
    private settle(seen: Seen): void {
        for (const sequence of seen.beyond) {
            if (sequence <= seen.through) {
                seen.beyond.delete(sequence);
            }
        }
        while (seen.beyond.delete(seen.through + 1)) {
            seen.through++;
        }
    }
}
