import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SqliteReply, SqliteRequest } from './sqlite-worker.ts';
import { packInto, packUpdates, packedLength } from './sqlite-store.ts';
import { UpdateLogError, type RoomSummary, type RoomUpdates, type UpdateLog, type VersionSummary } from './update-log.ts';

/** A thread that owns one connection to the file. */
class SqliteThread {
    private readonly worker: Worker;
    private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
    private nextId = 1;
    private failure: UpdateLogError | undefined;
    readonly opened: Promise<unknown>;

    constructor(file: string, readOnly: boolean) {
        this.opened = new Promise((resolve, reject) => this.waiting.set(0, { resolve, reject }));
        const url = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);
        this.worker = new Worker(url, { workerData: { file, readOnly } });
        this.worker.on('message', (reply: SqliteReply) => {
            const waiting = this.waiting.get(reply.id);
            this.waiting.delete(reply.id);
            if (reply.error) {
                waiting?.reject(new UpdateLogError(reply.error.code, reply.error.message));
            } else {
                waiting?.resolve(reply.result);
            }
        });
        this.worker.on('error', (cause) => this.fail(new UpdateLogError('failed', 'The thread of the log ended', { cause })));
        this.worker.on('exit', () => this.fail(new UpdateLogError('closed', 'The log is closed')));
    }

    call<T>(method: SqliteRequest['method'], parameters: unknown[], transfer: ArrayBuffer[] = []): Promise<T> {
        if (this.failure) {
            return Promise.reject(this.failure);
        }
        const id = this.nextId++;
        return new Promise<T>((resolve, reject) => {
            this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
            this.worker.postMessage({ id, method, parameters } satisfies SqliteRequest, transfer);
        });
    }

    async close(): Promise<void> {
        if (!this.failure) {
            await this.call('close', []);
            await this.worker.terminate();
        }
    }

    private fail(error: UpdateLogError): void {
        this.failure ??= error;
        for (const { reject } of this.waiting.values()) {
            reject(this.failure);
        }
        this.waiting.clear();
    }
}

/**
 * The log in one SQLite file (WAL, `synchronous=FULL`). `node:sqlite` blocks, so one thread writes and another reads; a
 * commit never holds up the event loop, and a large load never holds up a commit.
 */
export class SqliteUpdateLog implements UpdateLog {
    private readonly writer: SqliteThread;
    private readonly reader: SqliteThread;
    private readonly now: () => number;

    private constructor(writer: SqliteThread, reader: SqliteThread, now: () => number) {
        this.writer = writer;
        this.reader = reader;
        this.now = now;
    }

    /** @throws UpdateLogError when the file cannot be opened, or is not ours */
    static async open(directory: string, now: () => number = Date.now): Promise<SqliteUpdateLog> {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        const file = join(directory, 'collab.sqlite');
        const writer = new SqliteThread(file, false);
        await writer.opened;
        const reader = new SqliteThread(file, true);
        await reader.opened;
        return new SqliteUpdateLog(writer, reader, now);
    }

    append(batch: readonly RoomUpdates[]): Promise<void> {
        // One buffer for the whole batch: handing over many costs more than copying them together.
        const rooms: string[] = [];
        const lengths: number[] = [];
        for (const { room, updates } of batch) {
            rooms.push(room);
            lengths.push(packedLength(updates));
        }
        const data = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + length, 0));
        let offset = 0;
        for (const { updates } of batch) {
            offset = packInto(data, offset, updates);
        }
        return this.writer.call('append', [rooms, lengths, data, this.now()], [data.buffer]);
    }

    load(room: string): Promise<Uint8Array[]> {
        return this.reader.call('load', [room]);
    }

    compact(room: string, snapshot: Uint8Array): Promise<void> {
        const packed = packUpdates([snapshot]);
        return this.writer.call('compact', [room, packed, this.now()], [packed.buffer as ArrayBuffer]);
    }

    list(options: { prefix?: string; after?: string; limit: number }): Promise<RoomSummary[]> {
        return this.reader.call('list', [options.prefix ?? '', options.after ?? '', options.limit]);
    }

    remove(room: string): Promise<boolean> {
        return this.writer.call('remove', [room]);
    }

    saveVersion(room: string, version: { name: string; author: string; snapshot: Uint8Array }): Promise<VersionSummary> {
        return this.writer.call('saveVersion', [room, version, this.now()]);
    }

    listVersions(room: string): Promise<VersionSummary[]> {
        return this.reader.call('listVersions', [room]);
    }

    loadVersion(room: string, id: number): Promise<Uint8Array | undefined> {
        return this.reader.call('loadVersion', [room, id]);
    }

    async rewrite(room: string, snapshot: Uint8Array): Promise<boolean> {
        const packed = packUpdates([snapshot]);
        await this.writer.call('rewrite', [room, packed, this.now()], [packed.buffer as ArrayBuffer]);
        return true;
    }

    check(): Promise<void> {
        return this.writer.call('check', []);
    }

    async close(): Promise<void> {
        await this.reader.close();
        await this.writer.close();
    }
}
