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
            `INSERT INTO passkey (id, user, public_key, counter, transports, created_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO NOTHING RETURNING id`,
            [credential.id, user, credential.publicKey, credential.counter, JSON.stringify(credential.transports ?? []), this.clock.now()],
        );
        if (inserted.length === 0) {
            throw new AppError('already-exists', 'This passkey is registered already.');
        }
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
