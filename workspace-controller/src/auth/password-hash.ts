import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of a new hash: 2^17 blocks of 8 × 128 bytes, that is 128 MiB. */
const COST = { logN: 17, r: 8, p: 1 };
const HASH_BYTES = 32;
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;

export interface PasswordCost {
    logN: number;
    r: number;
    p: number;
}

/**
 * Hashes a password with scrypt. The parameters stand in the result, so they can be raised later.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7914
 */
export async function hashPassword(password: string, cost: PasswordCost = COST): Promise<string> {
    const salt = randomBytes(16);
    const hash = await derive(password, salt, cost);
    return ['scrypt', cost.logN, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/** Whether the password is the one that was hashed; takes the same time for a wrong one. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
    const [algorithm, logN, r, p, salt, hash] = stored.split('$');
    if (algorithm !== 'scrypt' || salt === undefined || hash === undefined) {
        return false;
    }
    const expected = Buffer.from(hash, 'base64');
    const given = await derive(password, Buffer.from(salt, 'base64'), { logN: Number(logN), r: Number(r), p: Number(p) });
    return expected.length === given.length && timingSafeEqual(expected, given);
}

// One at a time: each takes 128 MiB, and a flood of sign-ins must not take them all at once.
let queue: Promise<unknown> = Promise.resolve();

function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
    const work = (): Promise<Buffer> =>
        new Promise((resolve, reject) => {
            const options = { N: 2 ** cost.logN, r: cost.r, p: cost.p, maxmem: MAX_MEMORY_BYTES };
            scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
        });
    const result = queue.then(work, work);
    queue = result.catch(() => undefined);
    return result;
}
