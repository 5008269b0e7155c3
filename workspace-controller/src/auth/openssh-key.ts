import { randomBytes, type KeyObject } from 'node:crypto';

const KEY_TYPE = 'ssh-ed25519';

/** The `authorized_keys` line of an Ed25519 key. @see https://www.rfc-editor.org/rfc/rfc8709 */
export function encodeOpenSshPublicKey(key: KeyObject, comment: string): string {
    return `${KEY_TYPE} ${publicBlob(rawPublic(key)).toString('base64')} ${clean(comment)}`;
}

/**
 * An Ed25519 private key in OpenSSH's own format, without a passphrase.
 *
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function encodeOpenSshPrivateKey(key: KeyObject, comment: string): string {
    const jwk = key.export({ format: 'jwk' });
    const publicPart = Buffer.from(jwk.x ?? '', 'base64url');
    const check = randomBytes(4);
    const secret = Buffer.concat([Buffer.from(jwk.d ?? '', 'base64url'), publicPart]);
    const fields = [check, check, field(KEY_TYPE), field(publicPart), field(secret), field(clean(comment))];
    const length = fields.reduce((sum, part) => sum + part.length, 0);
    // Padded with 1, 2, 3 … to the block size of the cipher "none".
    const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1));
    const body = Buffer.concat([
        Buffer.from('openssh-key-v1\0'),
        field('none'),
        field('none'),
        field(''),
        uint32(1),
        field(publicBlob(publicPart)),
        field(Buffer.concat([...fields, padding])),
    ]);
    const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
    return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

const rawPublic = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
const publicBlob = (raw: Buffer): Buffer => Buffer.concat([field(KEY_TYPE), field(raw)]);
const clean = (comment: string): string => comment.replace(/[^\x20-\x7e]/g, '').trim();

function uint32(value: number): Buffer {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32BE(value);
    return buffer;
}

function field(value: string | Buffer): Buffer {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([uint32(bytes.length), bytes]);
}
