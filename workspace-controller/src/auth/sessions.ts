import type { Clock } from '@tandem/server-kit';
import type { PlatformDatabase, Row } from '../database/platform-database.ts';
import type { Revocations } from './revocations.ts';
import { hashToken, randomId, randomToken } from './tokens.ts';

/** A session ends this long after sign-in, whatever happens. */
export const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
/** A session ends when it was not used for this long. */
export const SESSION_IDLE_MS = 14 * 24 * 3_600_000;
/** `lastSeenAt` on disk is at most this old. */
const TOUCH_INTERVAL_MS = 60_000;

export type SignInMethod = 'link' | 'password' | 'passkey' | 'invitation' | 'oidc' | 'token';

export interface SessionRecord {
    id: string;
    secretHash: string;
    user: string;
    /** `handover` sessions exist for workspace origins only: no cookie of the portal belongs to them. */
    kind: 'portal' | 'handover';
    method: SignInMethod;
    /** The API token it came from; it ends with it. */
    tokenId: string | undefined;
    createdAtMs: number;
    lastSeenAtMs: number;
    expiresAtMs: number;
    userAgent: string;
    address: string;
}

export interface NewSession {
    user: string;
    kind?: SessionRecord['kind'];
    method: SignInMethod;
    tokenId?: string;
    userAgent: string;
    address: string;
    lifetimeMs?: number;
}

/** Sessions: only hashes on disk, a copy of all in memory, so that looking one up never waits. */
export class Sessions {
    private readonly byHash = new Map<string, SessionRecord>();
    private readonly ids = new Map<string, SessionRecord>();
    private readonly database: PlatformDatabase;
    private readonly revocations: Revocations;
    private readonly clock: Clock;
    private readonly written = new Map<string, number>();

    private constructor(database: PlatformDatabase, revocations: Revocations, clock: Clock) {
        this.database = database;
        this.revocations = revocations;
        this.clock = clock;
    }

    static async open(database: PlatformDatabase, revocations: Revocations, clock: Clock): Promise<Sessions> {
        const sessions = new Sessions(database, revocations, clock);
        for (const row of await database.query('SELECT * FROM session')) {
            sessions.remember(toSession(row));
        }
        return sessions;
    }

    async create(wanted: NewSession): Promise<{ session: SessionRecord; secret: string }> {
        const secret = randomToken();
        const now = this.clock.now();
        const session: SessionRecord = {
            id: randomId(),
            secretHash: hashToken(secret),
            user: wanted.user,
            kind: wanted.kind ?? 'portal',
            method: wanted.method,
            tokenId: wanted.tokenId,
            createdAtMs: now,
            lastSeenAtMs: now,
            expiresAtMs: now + (wanted.lifetimeMs ?? SESSION_LIFETIME_MS),
            userAgent: wanted.userAgent.slice(0, 512),
            address: wanted.address.slice(0, 64),
        };
        await this.database.query(
            `INSERT INTO session (id, secret_hash, user, kind, method, token_id, created_at, last_seen_at, expires_at, user_agent, address)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            [
                session.id,
                session.secretHash,
                session.user,
                session.kind,
                session.method,
                session.tokenId ?? null,
                now,
                now,
                session.expiresAtMs,
                session.userAgent,
                session.address,
            ],
        );
        this.remember(session);
        return { session, secret };
    }

    /** The live portal session of a cookie's value. */
    bySecret(secret: string): SessionRecord | undefined {
        const session = this.byHash.get(hashToken(secret));
        return session !== undefined && session.kind === 'portal' && !this.hasExpired(session) ? session : undefined;
    }

    /** Also one that has expired, until it is swept. */
    byId(id: string): SessionRecord | undefined {
        return this.ids.get(id);
    }

    hasExpired(session: SessionRecord): boolean {
        const now = this.clock.now();
        return now >= session.expiresAtMs || (session.kind === 'portal' && now >= session.lastSeenAtMs + SESSION_IDLE_MS);
    }

    /** When it ends if nobody uses it again. */
    endsAtMs(session: SessionRecord): number {
        return session.kind === 'portal' ? Math.min(session.expiresAtMs, session.lastSeenAtMs + SESSION_IDLE_MS) : session.expiresAtMs;
    }

    /** Notes that it was used; the disk hears of it once a minute. */
    touch(session: SessionRecord): void {
        const now = this.clock.now();
        session.lastSeenAtMs = now;
        if (now - (this.written.get(session.id) ?? session.createdAtMs) >= TOUCH_INTERVAL_MS) {
            this.written.set(session.id, now);
            // Losing this costs at most a minute of "last seen".
            this.database.query('UPDATE session SET last_seen_at = ? WHERE id = ?', [now, session.id]).catch(() => undefined);
        }
    }

    ofUser(user: string): SessionRecord[] {
        return [...this.ids.values()].filter((session) => session.user === user && !this.hasExpired(session));
    }

    /** Ends a session: nobody gets in with it from now on, and every live socket of it is told. */
    async end(id: string, reason: string, options: { expired?: boolean } = {}): Promise<void> {
        const session = this.ids.get(id);
        if (session === undefined) {
            return;
        }
        this.forget(session);
        const told = this.revocations.revoke('session', id, reason, options);
        await this.database.query('DELETE FROM session WHERE id = ?', [id]);
        await told;
    }

    async endWhere(filter: (session: SessionRecord) => boolean, reason: string): Promise<void> {
        const ending = [...this.ids.values()].filter(filter);
        await Promise.all(ending.map((session) => this.end(session.id, reason)));
    }

    /** Removes what has expired by itself. */
    async sweep(): Promise<void> {
        const expired = [...this.ids.values()].filter((session) => this.hasExpired(session));
        await Promise.all(expired.map((session) => this.end(session.id, 'Your session has expired. Sign in again.', { expired: true })));
    }

    private remember(session: SessionRecord): void {
        this.byHash.set(session.secretHash, session);
        this.ids.set(session.id, session);
    }

    private forget(session: SessionRecord): void {
        this.byHash.delete(session.secretHash);
        this.ids.delete(session.id);
        this.written.delete(session.id);
    }
}

function toSession(row: Row): SessionRecord {
    return {
        id: String(row['id']),
        secretHash: String(row['secret_hash']),
        user: String(row['user']),
        kind: String(row['kind']) as SessionRecord['kind'],
        method: String(row['method']) as SignInMethod,
        tokenId: row['token_id'] === null ? undefined : String(row['token_id']),
        createdAtMs: Number(row['created_at']),
        lastSeenAtMs: Number(row['last_seen_at']),
        expiresAtMs: Number(row['expires_at']),
        userAgent: String(row['user_agent']),
        address: String(row['address']),
    };
}
