import {
    generateAuthenticationOptions,
    generateRegistrationOptions,
    verifyAuthenticationResponse,
    verifyRegistrationResponse,
    type AuthenticationResponseJSON,
    type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { User } from '@tandem/protocol';
import { AppError, type Clock } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { OneTimeStore } from './one-time.ts';
import { hashToken } from './tokens.ts';

const CHALLENGE_LIFETIME_MS = 5 * 60_000;
const MAX_PER_USER = 20;

/** Passkeys (WebAuthn), bound to the portal's host. */
export class Passkeys {
    private readonly database: PlatformDatabase;
    private readonly oneTime: OneTimeStore;
    private readonly clock: Clock;
    private readonly portal: URL;

    constructor(database: PlatformDatabase, oneTime: OneTimeStore, clock: Clock, portal: URL) {
        this.database = database;
        this.oneTime = oneTime;
        this.clock = clock;
        this.portal = portal;
    }

    async beginRegistration(user: User): Promise<object> {
        const existing = await this.database.query('SELECT id, transports FROM passkey WHERE user = ?', [user.metadata.name]);
        if (existing.length >= MAX_PER_USER) {
            throw new AppError('wrong-state', `You have ${MAX_PER_USER} passkeys, which is the most there can be.`);
        }
        const options = await generateRegistrationOptions({
            rpName: 'Tandem',
            rpID: this.portal.hostname,
            userName: user.spec.email,
            userID: new Uint8Array(Buffer.from(user.metadata.name)),
            userDisplayName: user.spec.displayName,
            excludeCredentials: existing.map((row) => ({ id: String(row['id']) })),
            authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        });
        await this.oneTime.put('passkey-challenge', { user: user.metadata.name }, CHALLENGE_LIFETIME_MS, options.challenge);
        return options;
    }

    /** @throws AppError `invalid-request`, `link-expired` */
    async finishRegistration(user: string, body: unknown): Promise<void> {
        const response = body as RegistrationResponseJSON;
        const challenge = challengeOf(response);
        const begun = await this.oneTime.take<{ user: string }>('passkey-challenge', challenge);
        if (begun?.user !== user) {
            throw new AppError('link-expired', 'The passkey dialog was open for too long. Begin again.');
        }
        const verified = await verifyRegistrationResponse({
            response,
            expectedChallenge: challenge,
            expectedOrigin: this.portal.origin,
            expectedRPID: this.portal.hostname,
        }).catch((cause: unknown) => {
            throw new AppError('invalid-request', `The passkey was not accepted: ${(cause as Error).message}`, { cause });
        });
        if (!verified.verified) {
            throw new AppError('invalid-request', 'The passkey was not accepted. Try again, or set a password.');
        }
        const { credential } = verified.registrationInfo;
        const inserted = await this.database.query(
            `INSERT INTO passkey (id, user, public_key, counter, transports, created_at, name) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO NOTHING RETURNING id`,
            [
                credential.id,
                user,
                credential.publicKey,
                credential.counter,
                JSON.stringify(credential.transports ?? []),
                this.clock.now(),
                nameOf(body),
            ],
        );
        if (inserted.length === 0) {
            throw new AppError('already-exists', 'This passkey is registered already.');
        }
    }

    async list(user: string): Promise<{ id: string; name: string; createdAt: string; lastUsedAt?: string }[]> {
        const rows = await this.database.query('SELECT * FROM passkey WHERE user = ? ORDER BY created_at', [user]);
        return rows.map((row) => ({
            id: publicId(String(row['id'])),
            name: String(row['name']),
            createdAt: new Date(Number(row['created_at'])).toISOString(),
            ...(row['last_used_at'] === null ? {} : { lastUsedAt: new Date(Number(row['last_used_at'])).toISOString() }),
        }));
    }

    /** @throws AppError `not-found` */
    async rename(user: string, id: string, name: string): Promise<void> {
        await this.database.query('UPDATE passkey SET name = ? WHERE id = ? AND user = ?', [
            name.trim(),
            await this.credentialId(user, id),
            user,
        ]);
    }

    /** @throws AppError `not-found`, `wrong-state` when the person could not sign in by anything else */
    async delete(user: string, id: string): Promise<void> {
        const credentialId = await this.credentialId(user, id);
        // One statement, so that of the last two removed at once one stays.
        const gone = await this.database.query(
            `DELETE FROM passkey WHERE id = ?1 AND user = ?2 AND (
                 (SELECT count(*) FROM passkey WHERE user = ?2) > 1
                 OR EXISTS (SELECT 1 FROM password WHERE user = ?2)
                 OR EXISTS (SELECT 1 FROM external_identity WHERE user = ?2)
             ) RETURNING id`,
            [credentialId, user],
        );
        if (gone.length === 0) {
            throw new AppError('wrong-state', 'This is your only way to sign in. Set a password or add another passkey first.');
        }
    }

    private async credentialId(user: string, id: string): Promise<string> {
        const rows = await this.database.query('SELECT id FROM passkey WHERE user = ?', [user]);
        const found = rows.map((row) => String(row['id'])).find((candidate) => publicId(candidate) === id);
        if (found === undefined) {
            throw new AppError('not-found', 'You have no such passkey.');
        }
        return found;
    }

    async beginSignIn(): Promise<object> {
        const options = await generateAuthenticationOptions({ rpID: this.portal.hostname, userVerification: 'required' });
        await this.oneTime.put('passkey-challenge', {}, CHALLENGE_LIFETIME_MS, options.challenge);
        return options;
    }

    /** The name of the person whose passkey signed the challenge. @throws AppError `wrong-credentials`, `link-expired` */
    async finishSignIn(body: unknown): Promise<string> {
        const response = body as AuthenticationResponseJSON;
        const challenge = challengeOf(response);
        const begun = await this.oneTime.take<{ user?: string }>('passkey-challenge', challenge);
        if (begun === undefined || begun.user !== undefined) {
            throw new AppError('link-expired', 'The passkey dialog was open for too long. Begin again.');
        }
        const [row] = await this.database.query('SELECT * FROM passkey WHERE id = ?', [String(response.id)]);
        if (row === undefined) {
            throw new AppError('wrong-credentials', 'This passkey is not known here. Sign in another way and register it.');
        }
        const verified = await verifyAuthenticationResponse({
            response,
            expectedChallenge: challenge,
            expectedOrigin: this.portal.origin,
            expectedRPID: this.portal.hostname,
            credential: {
                id: String(row['id']),
                publicKey: new Uint8Array(row['public_key'] as Uint8Array),
                counter: Number(row['counter']),
            },
        }).catch((cause: unknown) => {
            throw new AppError('wrong-credentials', 'The passkey did not sign the challenge. Try again.', { cause });
        });
        if (!verified.verified) {
            throw new AppError('wrong-credentials', 'The passkey did not sign the challenge. Try again.');
        }
        await this.database.query('UPDATE passkey SET counter = ?, last_used_at = ? WHERE id = ?', [
            verified.authenticationInfo.newCounter,
            this.clock.now(),
            String(row['id']),
        ]);
        return String(row['user']);
    }

    async count(user: string): Promise<number> {
        const [row] = await this.database.query('SELECT count(*) AS n FROM passkey WHERE user = ?', [user]);
        return Number(row?.['n'] ?? 0);
    }
}

/** Credential ids may be a kilobyte long; in addresses stands their hash. */
const publicId = (credentialId: string): string => hashToken(credentialId);

/** What the person's browser calls itself beside its answer. */
function nameOf(body: unknown): string {
    const { name } = body as { name?: unknown };
    const given = typeof name === 'string' ? name.trim().slice(0, 80) : '';
    return given === '' ? 'Passkey' : given;
}

/** The challenge stands in the signed client data; which one was meant is looked up by it. */
function challengeOf(response: { id?: unknown; response?: { clientDataJSON?: unknown } }): string {
    try {
        const data = JSON.parse(Buffer.from(String(response.response?.clientDataJSON), 'base64url').toString()) as { challenge?: unknown };
        if (typeof response.id === 'string' && typeof data.challenge === 'string') {
            return data.challenge;
        }
    } catch {
        // Told below.
    }
    throw new AppError('invalid-request', 'The body is not what the browser answers to a passkey dialog.', { pointer: '/response' });
}
