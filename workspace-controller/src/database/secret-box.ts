import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Bug } from '@tandem/server-kit';

const FORMAT = 1;
const KEY_ID_BYTES = 8;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + IV_BYTES + TAG_BYTES;

interface KeyFile {
    /** Id of the key that seals; the others only open what they sealed. */
    current: string;
    /** Base64 of 32 bytes, by id. */
    keys: Record<string, string>;
}

/**
 * Encrypts secrets at rest (AES-256-GCM). The key lives in a file of mode 0600 beside the databases; every sealed value
 * carries the id of its key, so that older values stay readable after `rotate`. The context (which row, which column) is
 * authenticated too, so that a sealed value cannot be moved to another place.
 *
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
export class SecretBox {
    private readonly path: string;
    private file: KeyFile;

    private constructor(path: string, file: KeyFile) {
        this.path = path;
        this.file = file;
    }

    /** Reads the key file, or makes it when there is none. */
    static async open(path: string): Promise<SecretBox> {
        try {
            return new SecretBox(path, parseKeyFile(path, await readFile(path, 'utf8')));
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
                throw error;
            }
        }
        const box = new SecretBox(path, { current: '', keys: {} });
        await box.rotate();
        return box;
    }

    /** @param context names the place of the value, such as `git-credential/ada/github.com` */
    seal(plain: string | Uint8Array, context: string): Uint8Array {
        const iv = randomBytes(IV_BYTES);
        const cipher = createCipheriv('aes-256-gcm', this.key(this.file.current), iv);
        cipher.setAAD(Buffer.from(context));
        const body = Buffer.concat([cipher.update(plain instanceof Uint8Array ? plain : Buffer.from(plain)), cipher.final()]);
        return Buffer.concat([Buffer.from([FORMAT]), Buffer.from(this.file.current, 'hex'), iv, cipher.getAuthTag(), body]);
    }

    /** @throws Bug when the value was changed, moved, or its key is gone */
    unseal(sealed: Uint8Array, context: string): Buffer {
        const bytes = Buffer.from(sealed);
        if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT) {
            throw new Bug(`The secret ${context} has an unknown format`);
        }
        const keyId = bytes.subarray(1, 1 + KEY_ID_BYTES).toString('hex');
        const ivEnd = 1 + KEY_ID_BYTES + IV_BYTES;
        const decipher = createDecipheriv('aes-256-gcm', this.key(keyId), bytes.subarray(1 + KEY_ID_BYTES, ivEnd));
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(bytes.subarray(ivEnd, HEADER_BYTES));
        try {
            return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]);
        } catch (cause) {
            throw new Bug(`The secret ${context} does not open: it was changed or moved`, { cause });
        }
    }

    /** A keyed digest with the oldest key, which stays the same over rotations. */
    mac(purpose: string, text: string): Buffer {
        const oldest = Object.keys(this.file.keys)[0] ?? '';
        return createHmac('sha256', this.key(oldest)).update(`${purpose}\0`).update(text).digest();
    }

    /** Makes a new key for what is sealed from now on; older keys stay for what they sealed. */
    async rotate(): Promise<void> {
        const id = randomBytes(KEY_ID_BYTES).toString('hex');
        const file: KeyFile = { current: id, keys: { ...this.file.keys, [id]: randomBytes(32).toString('base64') } };
        await writeDurably(this.path, JSON.stringify(file));
        this.file = file;
    }

    private key(id: string): Buffer {
        const key = this.file.keys[id];
        if (key === undefined) {
            throw new Bug(`The key ${id} is not in ${this.path}. Restore the key file that belongs to this data directory.`);
        }
        return Buffer.from(key, 'base64');
    }
}

function parseKeyFile(path: string, text: string): KeyFile {
    try {
        const file = JSON.parse(text) as KeyFile;
        if (typeof file.current === 'string' && Buffer.from(file.keys[file.current] ?? '', 'base64').length === 32) {
            return file;
        }
    } catch {
        // Told below, with what to do.
    }
    throw new Bug(`The key file ${path} is damaged. Restore it from a backup: without it no stored secret can be read.`);
}

async function writeDurably(path: string, text: string): Promise<void> {
    const temporary = `${path}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
        await handle.writeFile(text);
        await handle.sync();
    } finally {
        await handle.close();
    }
    await rename(temporary, path);
    const directory = await open(dirname(path), 'r');
    try {
        await directory.sync();
    } finally {
        await directory.close();
    }
}
