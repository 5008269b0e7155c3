import { Redis } from 'ioredis';
import type { Logger } from '@tandem/server-kit';

/** Entries kept for replicas that read slowly or reconnect; what is older they get from PostgreSQL. */
const STREAM_LENGTH = 20_000;
const BLOCK_MS = 5_000;
const HEARTBEAT_MS = 2_000;
const REPLICA_GONE_MS = 10_000;

export interface StoredBatch {
    readonly room: string;
    readonly sequence: number;
    readonly data: Buffer;
}

export interface FanOutListener {
    onBatches(batches: readonly StoredBatch[]): void;
    onMessage(message: { type: string; replica: string; room: string; data: Buffer }): void;
    onReplicaGone(replica: string): void;
    /** Something may have been missed: look into the log. */
    onGap(): void;
}

/**
 * Redis between replicas: a stream of what was stored, and a channel for presence. It may vanish at any time; everything
 * acknowledged is in PostgreSQL before it is published here.
 */
export class RedisFanOut {
    readonly replica: string;
    /** Several installations may share one Redis. */
    private readonly stream: string;
    private readonly channel: string;
    private readonly writer: Redis;
    private readonly reader: Redis;
    private readonly subscriber: Redis;
    private readonly logger: Logger;
    private readonly replicas = new Map<string, number>();
    private heartbeat: NodeJS.Timeout | undefined;
    private stopped = false;

    constructor(url: string, { installation, replica, logger }: { installation: string; replica: string; logger: Logger }) {
        this.replica = replica;
        this.stream = `tandem:collab:${installation}:updates`;
        this.channel = `tandem:collab:${installation}:messages`;
        this.logger = logger;
        const options = {
            maxRetriesPerRequest: 0,
            enableOfflineQueue: false,
            retryStrategy: (times: number) => Math.min(1_000, 50 * times),
            lazyConnect: true,
        };
        this.writer = new Redis(url, options);
        this.reader = new Redis(url, { ...options, enableOfflineQueue: true, maxRetriesPerRequest: null });
        this.subscriber = new Redis(url, { ...options, enableOfflineQueue: true, maxRetriesPerRequest: null });
        for (const client of [this.writer, this.reader, this.subscriber]) {
            client.on('error', (error: Error) => this.logger.debug({ problem: error.message }, 'Redis is not reachable'));
        }
    }

    start(listener: FanOutListener): void {
        void this.writer.connect().catch(() => undefined);
        void this.subscriber.subscribe(this.channel).catch(() => undefined);
        this.subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.hear(listener, message));
        this.subscriber.on('ready', () => listener.onGap());
        void this.follow(listener);
        this.heartbeat = setInterval(() => {
            this.publish('alive', '', Buffer.alloc(0));
            const now = performance.now();
            for (const [replica, heardAt] of this.replicas) {
                if (now - heardAt > REPLICA_GONE_MS) {
                    this.replicas.delete(replica);
                    listener.onReplicaGone(replica);
                }
            }
        }, HEARTBEAT_MS);
    }

    /** Tells the others what was stored. Failure is no matter: they look into the log by themselves. */
    publishBatches(batches: readonly StoredBatch[]): void {
        const head = JSON.stringify(batches.map(({ room, sequence, data }) => [room, sequence, data.length]));
        this.writer
            .xadd(
                this.stream,
                'MAXLEN',
                '~',
                STREAM_LENGTH,
                '*',
                'replica',
                this.replica,
                'head',
                head,
                'data',
                Buffer.concat(batches.map(({ data }) => data)),
            )
            .catch(() => undefined);
    }

    publish(type: string, room: string, data: Buffer): void {
        const head = Buffer.from(JSON.stringify({ type, replica: this.replica, room }));
        const message = Buffer.allocUnsafe(4 + head.length + data.length);
        message.writeUInt32LE(head.length, 0);
        message.set(head, 4);
        message.set(data, 4 + head.length);
        this.writer.publish(this.channel, message).catch(() => undefined);
    }

    /** Drops the tail of what was stored; whoever had not read it looks into the log. */
    forget(): void {
        this.writer.xtrim(this.stream, 'MAXLEN', 0).catch(() => undefined);
    }

    async close(): Promise<void> {
        this.stopped = true;
        clearInterval(this.heartbeat);
        this.publish('gone', '', Buffer.alloc(0));
        await new Promise((resolve) => setImmediate(resolve));
        for (const client of [this.writer, this.reader, this.subscriber]) {
            client.disconnect();
        }
    }

    private hear(listener: FanOutListener, message: Buffer): void {
        const length = message.readUInt32LE(0);
        const head = JSON.parse(message.toString('utf8', 4, 4 + length)) as { type: string; replica: string; room: string };
        if (head.replica === this.replica) {
            return;
        }
        if (head.type === 'gone') {
            this.replicas.delete(head.replica);
            listener.onReplicaGone(head.replica);
            return;
        }
        this.replicas.set(head.replica, performance.now());
        if (head.type !== 'alive') {
            listener.onMessage({ ...head, data: message.subarray(4 + length) });
        }
    }

    private async follow(listener: FanOutListener): Promise<void> {
        let cursor: string | undefined;
        while (!this.stopped) {
            try {
                cursor ??= await this.lastId();
                const answer = (await this.reader.xreadBuffer('COUNT', 500, 'BLOCK', BLOCK_MS, 'STREAMS', this.stream, cursor)) as
                    [Buffer, [Buffer, Buffer[]][]][] | null;
                for (const [, entries] of answer ?? []) {
                    for (const [id, fields] of entries) {
                        cursor = id.toString();
                        this.take(listener, fields);
                    }
                }
            } catch {
                if (this.stopped) {
                    return;
                }
                cursor = undefined;
                await new Promise((resolve) => setTimeout(resolve, 100));
                listener.onGap();
            }
        }
    }

    private async lastId(): Promise<string> {
        const [last] = await this.reader.xrevrange(this.stream, '+', '-', 'COUNT', 1);
        return last?.[0] ?? '0-0';
    }

    private take(listener: FanOutListener, fields: Buffer[]): void {
        if (fields[1]?.toString() === this.replica) {
            return;
        }
        const head = JSON.parse((fields[3] as Buffer).toString()) as [string, number, number][];
        let offset = 0;
        listener.onBatches(
            head.map(([room, sequence, length]) => ({ room, sequence, data: (fields[5] as Buffer).subarray(offset, (offset += length)) })),
        );
    }
}
