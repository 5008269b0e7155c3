import type { KeyObject } from 'node:crypto';

const KEY_TYPE = 'ssh-ed25519';

/** The `authorized_keys` line of an Ed25519 key. @see https://www.rfc-editor.org/rfc/rfc8709 */
export function encodeOpenSshPublicKey(key: KeyObject, comment: string): string {
    return `${KEY_TYPE} ${publicBlob(rawPublic(key)).toString('base64')} ${clean(comment)}`;
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
