import { copyFile, open, stat, truncate } from 'node:fs/promises';

/** Size at which a log is rotated; one older file is kept. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** The last bytes of a file, beginning at a line; empty when there is none. */
export async function readTail(file: string, maxBytes: number): Promise<string> {
    const handle = await open(file, 'r').catch(() => undefined);
    if (handle === undefined) {
        return '';
    }
    try {
        const { size } = await handle.stat();
        const length = Math.min(size, maxBytes);
        const buffer = Buffer.alloc(length);
        await handle.read(buffer, 0, length, size - length);
        const text = buffer.toString('utf8');
        return size > length ? text.slice(text.indexOf('\n') + 1) : text;
    } finally {
        await handle.close();
    }
}

/** Copies and empties the log when it has grown large; the backend keeps its descriptor, which is in append mode. */
export async function rotateLog(file: string, maxBytes = MAX_LOG_BYTES): Promise<boolean> {
    const info = await stat(file).catch(() => undefined);
    if (info === undefined || info.size < maxBytes) {
        return false;
    }
    await copyFile(file, `${file}.1`);
    await truncate(file, 0);
    return true;
}
