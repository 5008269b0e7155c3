import { COLLAB_AUDIENCE, CLOSE_CODES, IdentityClaims, type CloseCode } from '@tandem/protocol';
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { Value } from 'typebox/value';
import type { Identity } from './identity.ts';

/** Why somebody was not let in: a close code, of which 44xx says that the same credential will not work again. */
export class AuthenticationError extends Error {
    readonly closeCode: CloseCode;

    constructor(closeCode: CloseCode, message: string, options: { cause?: unknown } = {}) {
        super(message, options);
        this.name = 'AuthenticationError';
        this.closeCode = closeCode;
    }
}

/** Turns a token into an identity. @throws AuthenticationError */
export type Authenticate = (token: string | undefined) => Promise<Identity>;

const ANYONE: Identity = {
    subject: '',
    name: undefined,
    session: undefined,
    grant: undefined,
    workspace: undefined,
    tokenId: undefined,
    expiresAt: undefined,
    rooms: [{ pattern: '**', access: 'write' }],
};

/** Everybody may do everything. For loopback only. */
export const authenticateNobody: Authenticate = () => Promise.resolve(ANYONE);

/** How far clocks may differ. */
const CLOCK_TOLERANCE_S = 5;
const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Verifies EdDSA tokens with the keys of `keys`: signature, audience, expiry and the claims of `IdentityClaims`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8037
 */
export function createJwtAuthenticator(options: { keys: JWTVerifyGetKey; issuer?: string; now?: () => number }): Authenticate {
    return async (token) => {
        if (token === undefined || token === '') {
            throw new AuthenticationError(CLOSE_CODES.signedOut, 'no token was given');
        }
        if (token.length > MAX_TOKEN_LENGTH) {
            throw new AuthenticationError(CLOSE_CODES.signedOut, 'the token is too long');
        }
        let claims: unknown;
        try {
            const verified = await jwtVerify(token, options.keys, {
                algorithms: ['EdDSA', 'Ed25519'],
                audience: COLLAB_AUDIENCE,
                clockTolerance: CLOCK_TOLERANCE_S,
                requiredClaims: ['exp', 'sub'],
                currentDate: new Date(options.now?.() ?? Date.now()),
                ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
            });
            claims = verified.payload;
        } catch (cause) {
            throw describe(cause);
        }
        if (!Value.Check(IdentityClaims, claims)) {
            throw new AuthenticationError(CLOSE_CODES.denied, 'the claims of the token are not valid');
        }
        return {
            subject: claims.sub,
            name: claims.name,
            session: claims.sid,
            grant: claims.grant,
            workspace: claims.ws,
            tokenId: claims.jti,
            expiresAt: claims.exp * 1000,
            rooms: claims.rooms ?? [],
        };
    };
}

/** Keys from a JWKS address, fetched when an unknown key id appears and kept. */
export function remoteKeys(url: string): JWTVerifyGetKey {
    return createRemoteJWKSet(new URL(url), { cooldownDuration: 5_000, timeoutDuration: 5_000 });
}

function describe(cause: unknown): AuthenticationError {
    if (cause instanceof errors.JWTExpired) {
        return new AuthenticationError(CLOSE_CODES.expired, 'the token has expired', { cause });
    }
    const permanent =
        cause instanceof errors.JWTInvalid ||
        cause instanceof errors.JWSInvalid ||
        cause instanceof errors.JWSSignatureVerificationFailed ||
        cause instanceof errors.JWTClaimValidationFailed ||
        cause instanceof errors.JOSEAlgNotAllowed ||
        cause instanceof errors.JOSENotSupported ||
        cause instanceof errors.JWKSNoMatchingKey ||
        cause instanceof errors.JWKSMultipleMatchingKeys;
    return permanent
        ? new AuthenticationError(CLOSE_CODES.signedOut, 'the token is not valid', { cause })
        : new AuthenticationError(CLOSE_CODES.transient, 'tokens cannot be checked right now', { cause });
}
