import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An unguessable text of `bytes` random bytes (base64url). */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');
/** An opaque id that is safe in URLs, file names and logs. */
export const randomId = (): string => randomBytes(12).toString('hex');
/** What is stored of a token: SHA-256, hex. Tokens have 256 random bits, so a slow hash would add nothing. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Compares two texts in time that depends on the length of the first only. */
export function equalInConstantTime(expected: string, given: string): boolean {
    const a = createHash('sha256').update(expected).digest();
    const b = createHash('sha256').update(given).digest();
    return timingSafeEqual(a, b);
}
