import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { workspaceAudience, type IdentityClaims } from '@tandem/protocol';

/** Why a connection is not let in: no valid token (401), or one that does not reach this far (403). */
export class IdentityRefused extends Error {
    readonly status: 401 | 403;

    constructor(status: 401 | 403, message: string) {
        super(message);
        this.name = 'IdentityRefused';
        this.status = status;
    }
}

/** Clocks of gateway and workspace may differ this much. */
const CLOCK_TOLERANCE_S = 30;

/** Verifies the identity tokens that the gateway mints for every connection. */
export class IdentityVerifier {
    private readonly issuer: string;
    private readonly audience: string;
    private readonly generation: () => number | undefined;
    private keys: ReturnType<typeof createLocalJWKSet>;

    /** @param generation of the claim that is active now; undefined before the first */
    constructor(options: { issuer: string; workspaceUid: string; jwks: JSONWebKeySet; generation: () => number | undefined }) {
        this.issuer = options.issuer;
        this.audience = workspaceAudience(options.workspaceUid);
        this.generation = options.generation;
        this.keys = createLocalJWKSet(options.jwks);
    }

    /** New keys, when the controller rotates them. */
    useKeys(jwks: JSONWebKeySet): void {
        this.keys = createLocalJWKSet(jwks);
    }

    /** @throws IdentityRefused 401 without a valid token for this workspace and its present claim */
    async verify(token: string | undefined): Promise<IdentityClaims> {
        if (!token) {
            throw new IdentityRefused(401, 'The request carries no identity.');
        }
        let claims: IdentityClaims;
        try {
            const { payload } = await jwtVerify(token, this.keys, {
                algorithms: ['EdDSA', 'Ed25519'],
                issuer: this.issuer,
                audience: this.audience,
                clockTolerance: CLOCK_TOLERANCE_S,
                requiredClaims: ['exp', 'sub', 'role'],
            });
            claims = payload as unknown as IdentityClaims;
        } catch {
            throw new IdentityRefused(401, 'The identity is not valid here, or no longer.');
        }
        if (claims.role !== 'controller' && (claims.gen === undefined || claims.gen !== this.generation())) {
            throw new IdentityRefused(401, 'The identity belongs to another claim of this workspace.');
        }
        return claims;
    }
}

/**
 * Whether a person may use the IDE's backend. Viewers, commenters and editors without `run` get no plugin host and no
 * terminal, and until their read-only channels exist that means no connection.
 */
export function mayUseIde(claims: IdentityClaims): boolean {
    return claims.role === 'owner' || (claims.role === 'editor' && claims.run === true);
}
