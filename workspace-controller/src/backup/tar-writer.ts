import { Header, Pax } from 'tar';

const BLOCK_BYTES = 512;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** What an archive says about one entry. */
export interface TarEntry {
    /** Relative, with forward slashes. */
    path: string;
    type: 'File' | 'Directory' | 'SymbolicLink';
    /** Bytes of content, 0 for what is no file. */
    size: number;
    mode: number;
    mtime: Date;
    uid?: number;
    gid?: number;
    linkpath?: string;
}

/** The blocks before an entry's content. @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html */
export function headerOf(entry: TarEntry): Buffer {
    const path = entry.type === 'Directory' ? `${entry.path}/` : entry.path;
    const fields = { ...entry, path, mode: entry.mode & 0o7777 };
    const header = new Header(fields);
    const needsPax = header.encode();
    const block = header.block ?? ZEROS;
    return needsPax ? Buffer.concat([new Pax({ ...fields, mode: undefined, type: undefined } as object).encode(), block]) : block;
}

/** Zeros from the end of a content of `size` bytes to the end of its last block. */
export const paddingOf = (size: number): Buffer => ZEROS.subarray(0, (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);

/** The end of an archive. */
export const TRAILER = Buffer.alloc(2 * BLOCK_BYTES);
