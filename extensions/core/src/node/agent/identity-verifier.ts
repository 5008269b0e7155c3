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

/** Which claim's people are let in. */
export interface GenerationSource {
    /** Of the claim that is active now; undefined before the first. */
    readonly generation: number | undefined;
    /** Resolves when this generation is active, or when it was waited for long enough. */
    reached(generation: number): Promise<void>;
}

/** Verifies the identity tokens that the gateway mints for every connection. */
export class IdentityVerifier {
    private readonly issuer: string;
    private readonly audience: string;
    private readonly activation: GenerationSource;
    private keys: ReturnType<typeof createLocalJWKSet>;

    constructor(options: { issuer: string; workspaceUid: string; jwks: JSONWebKeySet; activation: GenerationSource }) {
        this.issuer = options.issuer;
        this.audience = workspaceAudience(options.workspaceUid);
        this.activation = options.activation;
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
        if (claims.role !== 'controller' && !(await this.isOfPresentClaim(claims))) {
            throw new IdentityRefused(401, 'The identity belongs to another claim of this workspace.');
        }
        return claims;
    }

    private async isOfPresentClaim({ gen }: IdentityClaims): Promise<boolean> {
        if (gen === undefined) {
            return false;
        }
        if (gen > (this.activation.generation ?? 0)) {
            // The gateway may know of a claim a moment before its activation arrives here.
            await this.activation.reached(gen);
        }
        return gen === this.activation.generation;
    }
}

/**
 * Whether a person may use the IDE's backend. Viewers, commenters and editors without `run` get no plugin host and no
 * terminal, and until their read-only channels exist that means no connection.
 */
export function mayUseIde(claims: IdentityClaims): boolean {
    return claims.role === 'owner' || (claims.role === 'editor' && claims.run === true);
}
