import type { IdentityClaims } from '@tandem/protocol';

/**
 * A page's connection keeps its id over reconnects; the id belongs to the person, grant and role that came with it
 * first, so that nobody takes over another's plugin host and terminals by guessing it.
 */
export class FrontendOwners {
    private readonly owners = new Map<string, IdentityClaims>();

    /** @returns whether the id is theirs, or nobody's until now */
    claim(frontendId: string, claims: IdentityClaims): boolean {
        const owner = this.owners.get(frontendId);
        if (owner === undefined) {
            this.owners.set(frontendId, claims);
            return true;
        }
        return owner.sub === claims.sub && owner.grant === claims.grant && owner.role === claims.role;
    }

    /** Ids whose connection a revocation ends; they stay with their owner. */
    matching(matches: (claims: IdentityClaims) => boolean): string[] {
        return [...this.owners].filter(([, claims]) => matches(claims)).map(([frontendId]) => frontendId);
    }
}

/** @param kind of the revocation: `session`, `grant`, `user`, `workspace`; others end nothing here */
export function revocationMatcher(kind: string, revokedId: string): (claims: IdentityClaims) => boolean {
    switch (kind) {
        case 'session':
            return (claims) => claims.sid === revokedId;
        case 'grant':
            return (claims) => claims.grant === revokedId;
        case 'user':
            return (claims) => claims.sub === revokedId;
        case 'workspace':
            return (claims) => claims.ws === revokedId;
        default:
            return () => false;
    }
}
