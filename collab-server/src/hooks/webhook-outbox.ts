import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Logger } from '@tandem/server-kit';
import type { HookListeners, HookName } from './hooks.ts';

const MAX_QUEUED = 10_000;
const TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10 * 60_000;
/** After a day of failures an event is given up. */
const MAX_AGE_MS = 24 * 60 * 60_000;

interface Row {
    readonly id: number;
    readonly body: string;
    readonly attempts: number;
    readonly at: number;
}

/**
 * Tells an address what happens, in order, at least once: events lie in a file until they are taken (2xx). Signed as
 * `Tandem-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. `change` and `store` events are gathered, one for a room
 * in two seconds; the file is written on the same beat, so hooks never wait for a disk.
 */
export class WebhookOutbox {
    private readonly url: string;
    private readonly secret: string;
    private readonly logger: Logger;
    private readonly now: () => number;
    private readonly database: DatabaseSync;
    private readonly changed = new Set<string>();
    private readonly stored = new Set<string>();
    private readonly fresh: { event: HookName; data: object }[] = [];
    private readonly beat: NodeJS.Timeout;
    private sending: Promise<void> | undefined;
    private retryAt = 0;
    private readonly abort = new AbortController();

    constructor(options: { url: string; secret: string; directory: string; logger: Logger; now?: () => number; beatMs?: number }) {
        this.url = options.url;
        this.secret = options.secret;
        this.logger = options.logger;
        this.now = options.now ?? Date.now;
        mkdirSync(options.directory, { recursive: true, mode: 0o700 });
        this.database = new DatabaseSync(join(options.directory, 'webhooks.sqlite'));
        this.database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
            CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL) STRICT`);
        this.beat = setInterval(() => this.tick(), options.beatMs ?? 2_000);
    }

    get listeners(): HookListeners {
        return {
            onAuthenticate: (event) => this.add('authenticate', event),
            onLoad: (event) => this.add('load', event),
            onChange: ({ room }) => void this.changed.add(room),
            onStore: ({ room }) => void this.stored.add(room),
            onDisconnect: (event) => this.add('disconnect', event),
        };
    }

    async close(): Promise<void> {
        clearInterval(this.beat);
        this.store();
        this.abort.abort();
        await this.sending;
        this.database.close();
    }

    private add(event: HookName, data: object): void {
        if (this.fresh.length < MAX_QUEUED) {
            this.fresh.push({ event, data });
        }
    }

    private tick(): void {
        try {
            this.store();
        } catch (error) {
            this.logger.warn({ problem: String(error) }, 'webhooks could not be stored');
        }
        if (!this.sending && this.now() >= this.retryAt) {
            this.sending = this.send().finally(() => (this.sending = undefined));
        }
    }

    private store(): void {
        for (const room of this.changed) {
            this.add('change', { room });
        }
        this.changed.clear();
        for (const room of this.stored) {
            this.add('store', { room });
        }
        this.stored.clear();
        const events = this.fresh.splice(0);
        if (events.length === 0) {
            return;
        }
        const at = this.now();
        const insert = this.database.prepare('INSERT INTO event (body, at) VALUES (?, ?)');
        this.database.exec('BEGIN');
        for (const { event, data } of events) {
            insert.run(JSON.stringify({ id: randomUUID(), event, at: new Date(at).toISOString(), ...data }), at);
        }
        this.database.prepare('DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?').run(MAX_QUEUED);
        this.database.exec('COMMIT');
    }

    private async send(): Promise<void> {
        for (;;) {
            const row = this.database.prepare('SELECT id, body, attempts, at FROM event ORDER BY id LIMIT 1').get() as unknown as
                Row | undefined;
            if (!row || this.abort.signal.aborted) {
                return;
            }
            if (await this.deliver(row.body)) {
                this.database.prepare('DELETE FROM event WHERE id = ?').run(row.id);
                continue;
            }
            if (this.abort.signal.aborted) {
                return;
            }
            if (this.now() - row.at > MAX_AGE_MS) {
                this.logger.warn({ attempts: row.attempts }, 'a webhook was given up');
                this.database.prepare('DELETE FROM event WHERE id = ?').run(row.id);
                continue;
            }
            this.database.prepare('UPDATE event SET attempts = attempts + 1 WHERE id = ?').run(row.id);
            this.retryAt = this.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** row.attempts);
            return;
        }
    }

    private async deliver(body: string): Promise<boolean> {
        const seconds = Math.floor(this.now() / 1000);
        const signature = createHmac('sha256', this.secret).update(`${seconds}.${body}`).digest('hex');
        try {
            const response = await fetch(this.url, {
                method: 'POST',
                body,
                headers: { 'content-type': 'application/json', 'tandem-signature': `t=${seconds},v1=${signature}` },
                signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(TIMEOUT_MS)]),
                redirect: 'error',
            });
            await response.body?.cancel();
            return response.ok;
        } catch {
            return false;
        }
    }
}
