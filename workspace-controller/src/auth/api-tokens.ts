import type { API_TOKEN_SCOPES } from '@tandem/protocol';
import { AppError, type Clock } from '@tandem/server-kit';
import type { PlatformDatabase, Row } from '../database/platform-database.ts';
import type { Revocations } from './revocations.ts';
import { equalInConstantTime, hashToken, randomId, randomToken } from './tokens.ts';

export type TokenScope = (typeof API_TOKEN_SCOPES)[number];

const PREFIX = 'tdm';
const MAX_PER_USER = 100;
const TOUCH_INTERVAL_MS = 60_000;

export interface ApiTokenRecord {
    id: string;
    secretHash: string;
    user: string;
    name: string;
    scope: TokenScope;
    createdAtMs: number;
    expiresAtMs: number;
    lastUsedAtMs: number | undefined;
}

/** Bearer tokens `tdm_<id>_<secret>`: hashed on disk, all in memory. */
export class ApiTokens {
    private readonly byId = new Map<string, ApiTokenRecord>();
    private readonly database: PlatformDatabase;
    private readonly revocations: Revocations;
    private readonly clock: Clock;

    private constructor(database: PlatformDatabase, revocations: Revocations, clock: Clock) {
        this.database = database;
        this.revocations = revocations;
        this.clock = clock;
    }

    static async open(database: PlatformDatabase, revocations: Revocations, clock: Clock): Promise<ApiTokens> {
        const tokens = new ApiTokens(database, revocations, clock);
        for (const row of await database.query('SELECT * FROM api_token')) {
            const token = toToken(row);
            tokens.byId.set(token.id, token);
        }
        return tokens;
    }

    async create(
        user: string,
        wanted: { name: string; scope: TokenScope; expiresAtMs: number },
    ): Promise<{ record: ApiTokenRecord; token: string }> {
        if (this.ofUser(user).length >= MAX_PER_USER) {
            throw new AppError('wrong-state', `You have ${MAX_PER_USER} tokens. Delete one that you no longer need.`);
        }
        const secret = randomToken();
        const record: ApiTokenRecord = {
            id: randomId(),
            secretHash: hashToken(secret),
            user,
            ...wanted,
            createdAtMs: this.clock.now(),
            lastUsedAtMs: undefined,
        };
        await this.database.query(
            'INSERT INTO api_token (id, secret_hash, user, name, scope, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
            [record.id, record.secretHash, user, record.name, record.scope, record.createdAtMs, record.expiresAtMs],
        );
        this.byId.set(record.id, record);
        return { record, token: `${PREFIX}_${record.id}_${secret}` };
    }

    /** The live token of a bearer value. */
    check(bearer: string): ApiTokenRecord | undefined {
        const [prefix, id, ...rest] = bearer.split('_');
        const record = prefix === PREFIX && id !== undefined ? this.byId.get(id) : undefined;
        if (record === undefined || !equalInConstantTime(record.secretHash, hashToken(rest.join('_'))) || this.hasExpired(record)) {
            return undefined;
        }
        this.touch(record);
        return record;
    }

    hasExpired(record: ApiTokenRecord): boolean {
        return this.clock.now() >= record.expiresAtMs;
    }

    ofUser(user: string): ApiTokenRecord[] {
        return [...this.byId.values()].filter((record) => record.user === user && !this.hasExpired(record));
    }

    async delete(id: string, reason: string): Promise<void> {
        if (this.byId.delete(id)) {
            const told = this.revocations.revoke('token', id, reason);
            await this.database.query('DELETE FROM api_token WHERE id = ?', [id]);
            await told;
        }
    }

    async deleteOfUser(user: string, reason: string): Promise<void> {
        await Promise.all(this.ofUser(user).map((record) => this.delete(record.id, reason)));
    }

    private touch(record: ApiTokenRecord): void {
        const now = this.clock.now();
        if (record.lastUsedAtMs === undefined || now - record.lastUsedAtMs >= TOUCH_INTERVAL_MS) {
            record.lastUsedAtMs = now;
            this.database.query('UPDATE api_token SET last_used_at = ? WHERE id = ?', [now, record.id]).catch(() => undefined);
        }
    }
}

function toToken(row: Row): ApiTokenRecord {
    return {
        id: String(row['id']),
        secretHash: String(row['secret_hash']),
        user: String(row['user']),
        name: String(row['name']),
        scope: String(row['scope']) as TokenScope,
        createdAtMs: Number(row['created_at']),
        expiresAtMs: Number(row['expires_at']),
        lastUsedAtMs: row['last_used_at'] === null ? undefined : Number(row['last_used_at']),
    };
}
