import { createPublicKey, type KeyObject } from 'node:crypto';
import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Clock } from '@tandem/server-kit';
import type { PlatformDatabase, Row } from '../database/platform-database.ts';
import type { SecretBox } from '../database/secret-box.ts';
import { randomId } from './tokens.ts';

const ALGORITHM = 'EdDSA';
/** A retired key stays in the JWKS for this long: longer than any token it signed. */
const RETIRED_KEPT_MS = 24 * 3_600_000;

interface SigningKey {
    id: string;
    publicJwk: JWK;
    privateKey: CryptoKey;
    retiredAtMs: number | undefined;
}

/** The keys that sign identity tokens (Ed25519), private halves sealed in the platform database. */
export class SigningKeys {
    private readonly database: PlatformDatabase;
    private readonly secrets: SecretBox;
    private readonly clock: Clock;
    private keys: SigningKey[] = [];

    private constructor(database: PlatformDatabase, secrets: SecretBox, clock: Clock) {
        this.database = database;
        this.secrets = secrets;
        this.clock = clock;
    }

    static async open(database: PlatformDatabase, secrets: SecretBox, clock: Clock): Promise<SigningKeys> {
        const keys = new SigningKeys(database, secrets, clock);
        for (const row of await database.query('SELECT * FROM signing_key ORDER BY created_at')) {
            keys.keys.push(await keys.read(row));
        }
        if (!keys.keys.some((key) => key.retiredAtMs === undefined)) {
            await keys.rotate();
        }
        return keys;
    }

    /** The public halves, as verifiers need them; retired keys are listed until their last token has expired. */
    jwks(): { keys: JWK[] } {
        const now = this.clock.now();
        const listed = this.keys.filter((key) => key.retiredAtMs === undefined || key.retiredAtMs + RETIRED_KEPT_MS > now);
        return { keys: listed.map((key) => key.publicJwk) };
    }

    /** Signs with the newest key. */
    sign(claims: Record<string, unknown>): Promise<string> {
        const key = this.keys.findLast((candidate) => candidate.retiredAtMs === undefined) as SigningKey;
        return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: key.id, typ: 'JWT' }).sign(key.privateKey);
    }

    /** Makes a new key for what is signed from now on. */
    async rotate(): Promise<void> {
        const now = this.clock.now();
        const id = randomId();
        const pair = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
        const publicJwk: JWK = { ...(await exportJWK(pair.publicKey)), kid: id, alg: ALGORITHM, use: 'sig' };
        const pem = await exportPKCS8(pair.privateKey);
        await this.database.transaction([
            { sql: 'UPDATE signing_key SET retired_at = ? WHERE retired_at IS NULL', parameters: [now] },
            { sql: 'DELETE FROM signing_key WHERE retired_at <= ?', parameters: [now - RETIRED_KEPT_MS] },
            {
                sql: 'INSERT INTO signing_key (id, public_jwk, sealed, created_at) VALUES (?, ?, ?, ?)',
                parameters: [id, JSON.stringify(publicJwk), this.secrets.seal(pem, `signing-key/${id}`), now],
            },
        ]);
        const kept = this.keys.filter((key) => key.retiredAtMs === undefined || key.retiredAtMs + RETIRED_KEPT_MS > now);
        this.keys = [
            ...kept.map((key) => ({ ...key, retiredAtMs: key.retiredAtMs ?? now })),
            { id, publicJwk, privateKey: pair.privateKey, retiredAtMs: undefined },
        ];
    }

    private async read(row: Row): Promise<SigningKey> {
        const id = String(row['id']);
        const pem = this.secrets.unseal(row['sealed'] as Uint8Array, `signing-key/${id}`).toString();
        return {
            id,
            publicJwk: JSON.parse(String(row['public_jwk'])) as JWK,
            privateKey: await importPKCS8(pem, ALGORITHM),
            retiredAtMs: row['retired_at'] === null ? undefined : Number(row['retired_at']),
        };
    }
}

/** A public key of the JWKS as a Node key object. */
export const toKeyObject = (jwk: JWK): KeyObject => createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' });
