import { createHash } from 'node:crypto';
import { AppError, type Clock } from '@tandem/server-kit';
import { canonicalJson } from '../audit/hash-chain.ts';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { SecretBox } from '../database/secret-box.ts';

export const IDEMPOTENCY_HEADER = 'idempotency-key';
const KEPT_MS = 24 * 3_600_000;
const KEY = /^[\x21-\x7e]{1,128}$/;

interface Answer {
    status: number;
    body: unknown;
}

/**
 * Repeats of a create with the same `Idempotency-Key` get the first answer, for a day and across restarts. Answers are
 * sealed: some hold a secret that is shown once.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export class Idempotency {
    private readonly database: PlatformDatabase;
    private readonly secrets: SecretBox;
    private readonly clock: Clock;
    private readonly running = new Map<string, { fingerprint: string; answer: Promise<Answer> }>();

    constructor(database: PlatformDatabase, secrets: SecretBox, clock: Clock) {
        this.database = database;
        this.secrets = secrets;
        this.clock = clock;
    }

    /**
     * @param request what must be equal for two requests to be the same: operation, address, body
     * @throws AppError `invalid-request` for a bad key, `idempotency-mismatch` when it was used for another request
     */
    async once(caller: string, key: string, request: unknown, run: () => Promise<Answer>): Promise<Answer & { replayed: boolean }> {
        if (!KEY.test(key)) {
            throw new AppError('invalid-request', 'The Idempotency-Key must be 1 to 128 visible characters, such as a UUID.');
        }
        const fingerprint = createHash('sha256').update(canonicalJson(request)).digest('hex');
        const place = `${caller}\n${key}`;
        const current = this.running.get(place);
        if (current !== undefined) {
            assertSame(current.fingerprint, fingerprint);
            return { ...(await current.answer), replayed: true };
        }
        // Entered before anything is awaited, so that two at the same moment are one.
        const attempt = this.attempt(caller, key, fingerprint, run);
        const answer = attempt.then(({ status, body }) => ({ status, body }));
        answer.catch(() => undefined);
        this.running.set(place, { fingerprint, answer });
        try {
            return await attempt;
        } finally {
            this.running.delete(place);
        }
    }

    private async attempt(
        caller: string,
        key: string,
        fingerprint: string,
        run: () => Promise<Answer>,
    ): Promise<Answer & { replayed: boolean }> {
        const now = this.clock.now();
        const [, rows] = await this.database.transaction([
            { sql: 'DELETE FROM idempotency WHERE created_at <= ?', parameters: [now - KEPT_MS] },
            { sql: 'SELECT fingerprint, status, sealed FROM idempotency WHERE caller = ? AND key = ?', parameters: [caller, key] },
        ]);
        const row = rows?.[0];
        const context = `idempotency/${caller}/${key}`;
        if (row !== undefined) {
            assertSame(String(row['fingerprint']), fingerprint);
            const body: unknown = JSON.parse(this.secrets.unseal(row['sealed'] as Uint8Array, context).toString());
            return { status: Number(row['status']), body, replayed: true };
        }
        const answer = await run();
        const sealed = this.secrets.seal(JSON.stringify(answer.body ?? null), context);
        await this.database.query(
            'INSERT INTO idempotency (caller, key, fingerprint, status, sealed, created_at) VALUES (?, ?, ?, ?, ?, ?)',
            [caller, key, fingerprint, answer.status, sealed, now],
        );
        return { ...answer, replayed: false };
    }
}

function assertSame(first: string, second: string): void {
    if (first !== second) {
        throw new AppError('idempotency-mismatch', 'This Idempotency-Key was used for another request. Use a new key for each request.');
    }
}
