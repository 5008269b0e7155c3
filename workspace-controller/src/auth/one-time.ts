import type { Clock } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import { hashToken, randomToken } from './tokens.ts';

export type OneTimePurpose = 'sign-in-link' | 'workspace-code' | 'passkey-challenge' | 'oidc-state';

/** Values that can be taken once, by an unguessable token, before they expire. */
export class OneTimeStore {
    private readonly database: PlatformDatabase;
    private readonly clock: Clock;

    constructor(database: PlatformDatabase, clock: Clock) {
        this.database = database;
        this.clock = clock;
    }

    /** @param token given when it is made elsewhere, such as a passkey challenge */
    async put(
        purpose: OneTimePurpose,
        payload: unknown,
        lifetimeMs: number,
        token = randomToken(),
    ): Promise<{ token: string; expiresAtMs: number }> {
        const now = this.clock.now();
        const expiresAtMs = now + lifetimeMs;
        await this.database.transaction([
            { sql: 'DELETE FROM one_time WHERE expires_at <= ?', parameters: [now] },
            {
                sql: 'INSERT INTO one_time (token_hash, purpose, payload, expires_at) VALUES (?, ?, ?, ?)',
                parameters: [hashToken(token), purpose, JSON.stringify(payload), expiresAtMs],
            },
        ]);
        return { token, expiresAtMs };
    }

    /** Takes the value away; `undefined` when it was taken before, has expired or never was. */
    async take<T>(purpose: OneTimePurpose, token: string): Promise<T | undefined> {
        const [row] = await this.database.query('DELETE FROM one_time WHERE token_hash = ? AND purpose = ? RETURNING payload, expires_at', [
            hashToken(token),
            purpose,
        ]);
        return row !== undefined && Number(row['expires_at']) > this.clock.now() ? (JSON.parse(String(row['payload'])) as T) : undefined;
    }

    /** Removes all of a purpose: a newer sign-in link makes the older ones worthless. */
    async clear(purpose: OneTimePurpose): Promise<void> {
        await this.database.query('DELETE FROM one_time WHERE purpose = ?', [purpose]);
    }
}
