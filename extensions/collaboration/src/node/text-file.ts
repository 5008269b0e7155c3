import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasLoneCarriageReturn, MAX_SHARED_BYTES } from '../common/shared-text';
import type { UnsharedFile } from '../common/shared-documents-protocol';

export type Encoding = 'utf8' | 'utf8-bom' | 'utf16le' | 'utf16be';

export interface TextFile {
    /** Without a byte order mark, with its line endings. */
    readonly text: string;
    readonly encoding: Encoding;
}

/** Why a file is not shared. */
export type Unshared = Pick<UnsharedFile, 'reason'>;

/** A zero byte this early means that it is no text. */
const BINARY_SAMPLE_BYTES = 8_000;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const MODE_BITS = 0o7777;

/** Reads a file that can be shared, or says why it cannot. */
export async function readTextFile(file: string): Promise<TextFile | Unshared> {
    try {
        const facts = await stat(file);
        if (!facts.isFile()) {
            return { reason: 'no-file' };
        }
        if (facts.size > MAX_SHARED_BYTES) {
            return { reason: 'too-large' };
        }
        return decode(await readFile(file));
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return { reason: code === 'ENOENT' || code === 'ENOTDIR' ? 'no-file' : 'unreadable' };
    }
}

/** The text in bytes, when it is text that every page keeps the same. */
export function decode(bytes: Buffer): TextFile | Unshared {
    const encoding = encodingOf(bytes);
    if ((encoding === 'utf8' || encoding === 'utf8-bom') && bytes.subarray(0, BINARY_SAMPLE_BYTES).includes(0)) {
        return { reason: 'binary' };
    }
    try {
        const label = encoding === 'utf16le' ? 'utf-16le' : encoding === 'utf16be' ? 'utf-16be' : 'utf-8';
        const text = new TextDecoder(label, { fatal: true }).decode(bytes);
        return hasLoneCarriageReturn(text) ? { reason: 'line-endings' } : { text, encoding };
    } catch {
        return { reason: 'binary' };
    }
}

export function encode(text: string, encoding: Encoding): Buffer {
    switch (encoding) {
        case 'utf8':
            return Buffer.from(text, 'utf8');
        case 'utf8-bom':
            return Buffer.concat([UTF8_MARK, Buffer.from(text, 'utf8')]);
        case 'utf16le':
            return Buffer.from(`\ufeff${text}`, 'utf16le');
        case 'utf16be':
            return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    }
}

function encodingOf(bytes: Buffer): Encoding {
    if (bytes.subarray(0, 3).equals(UTF8_MARK)) {
        return 'utf8-bom';
    }
    if (bytes.length >= 2 && bytes.length % 2 === 0) {
        if (bytes[0] === 0xff && bytes[1] === 0xfe) {
            return 'utf16le';
        }
        if (bytes[0] === 0xfe && bytes[1] === 0xff) {
            return 'utf16be';
        }
    }
    return 'utf8';
}

/**
 * Replaces a file in one step, so that a crash or a full disk leaves the old or the new text, never half of one. Its
 * permissions stay; a symbolic link stays one. Where one step is not possible (hard links, another volume) it writes in place.
 *
 * @param staging folder on the same volume for what is not finished
 * @throws as the file system does
 */
export async function writeTextFile(file: string, { text, encoding }: TextFile, staging: string): Promise<void> {
    const bytes = encode(text, encoding);
    const target = await realpath(file).catch(() => file);
    const facts = await stat(target).catch(() => undefined);
    if (facts !== undefined && facts.nlink > 1) {
        await writeFile(target, bytes);
        return;
    }
    if (facts !== undefined) {
        // A file that may not be written is not replaced either.
        await (await open(target, 'r+')).close();
    } else {
        await mkdir(path.dirname(target), { recursive: true });
    }
    const unfinished = path.join(staging, randomUUID());
    try {
        const handle = await open(unfinished, 'wx', 0o666);
        try {
            await handle.writeFile(bytes);
            await handle.sync();
        } finally {
            await handle.close();
        }
        if (facts !== undefined) {
            await chmod(unfinished, facts.mode & MODE_BITS);
        }
        await rename(unfinished, target);
    } catch (error) {
        await rm(unfinished, { force: true });
        if (!['EXDEV', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) {
            throw error;
        }
        await writeFile(target, bytes);
    }
}
