import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * What a page of a workspace sends along with calls that change something. Made of the cookie, which pages cannot read:
 * only a page that may read `/.tandem/session` knows it, and nobody learns the cookie from it.
 */
export function requestSecretOf(handle: string): string {
    return createHash('sha256').update(`request secret ${handle}`).digest('base64url');
}

export function isRequestSecret(handle: string, given: string | string[] | undefined): boolean {
    const wanted = Buffer.from(requestSecretOf(handle));
    const received = Buffer.from(typeof given === 'string' ? given : '');
    return wanted.length === received.length && timingSafeEqual(wanted, received);
}
