import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import type { SavedMark } from '../common/shared-documents-protocol';

/** An edit, or what was on disk when. */
export type JournalRecord =
    | { readonly kind: 'update'; readonly update: Uint8Array }
    | { readonly kind: 'saved'; readonly saved: SavedMark; readonly state: Uint8Array };

const KIND = { update: 1, saved: 2 } as const;
const HEADER_BYTES = 5;
/** Edits this close together are written at once. */
const WRITE_PAUSE_MS = 50;

/**
 * The edits of one document in a file, so that a peer that ended without a word finds them again. It survives the death
 * of the process, not that of the machine; for that there is the collaboration server.
 */
export class DocumentJournal {
    private readonly path: string;
    private handle: FileHandle | undefined;
    private pending: Buffer[] = [];
    private timer: NodeJS.Timeout | undefined;
    private writing: Promise<void> = Promise.resolve();
    private removed = false;
    /** Bytes appended since it was begun or rewritten. */
    size = 0;

    constructor(path: string) {
        this.path = path;
    }

    /** What is in the file, as far as it is whole; nothing when there is none. */
    static async read(path: string): Promise<JournalRecord[]> {
        const bytes = await readFile(path).catch(() => Buffer.alloc(0));
        const records: JournalRecord[] = [];
        for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
            const length = bytes.readUInt32BE(at + 1);
            const end = at + HEADER_BYTES + length;
            if (end > bytes.length) {
                break;
            }
            records.push(decodeRecord(bytes[at], bytes.subarray(at + HEADER_BYTES, end)));
            at = end;
        }
        return records;
    }

    append(record: JournalRecord): void {
        if (this.removed) {
            return;
        }
        const bytes = encodeRecord(record);
        this.size += bytes.length;
        this.pending.push(bytes);
        this.timer ??= setTimeout(() => void this.flush(), WRITE_PAUSE_MS);
    }

    /** Replaces everything by these records. */
    async rewrite(records: readonly JournalRecord[]): Promise<void> {
        this.pending = [];
        this.size = 0;
        await this.enqueue(async () => {
            await this.handle?.close();
            this.handle = undefined;
            const next = `${this.path}.next`;
            const handle = await open(next, 'w', 0o600);
            await handle.writeFile(Buffer.concat(records.map(encodeRecord)));
            await handle.close();
            await rename(next, this.path);
        });
    }

    flush(): Promise<void> {
        clearTimeout(this.timer);
        this.timer = undefined;
        const bytes = Buffer.concat(this.pending);
        this.pending = [];
        return this.enqueue(async () => {
            if (bytes.length > 0) {
                this.handle ??= await open(this.path, 'a', 0o600);
                await this.handle.appendFile(bytes);
            }
        });
    }

    async close(): Promise<void> {
        await this.flush();
        await this.enqueue(async () => {
            await this.handle?.close();
            this.handle = undefined;
        });
    }

    async remove(): Promise<void> {
        this.removed = true;
        await this.close();
        await rm(this.path, { force: true });
    }

    private enqueue(work: () => Promise<void>): Promise<void> {
        this.writing = this.writing.then(work).catch((error: unknown) => {
            console.error('Unsaved edits could not be kept on disk.', error);
        });
        return this.writing;
    }
}

function encodeRecord(record: JournalRecord): Buffer {
    const body =
        record.kind === 'update' ? Buffer.from(record.update) : Buffer.concat([markHeader(record.saved), Buffer.from(record.state)]);
    const header = Buffer.alloc(HEADER_BYTES);
    header[0] = KIND[record.kind];
    header.writeUInt32BE(body.length, 1);
    return Buffer.concat([header, body]);
}

function markHeader(saved: SavedMark): Buffer {
    const json = Buffer.from(JSON.stringify(saved));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(json.length);
    return Buffer.concat([length, json]);
}

function decodeRecord(kind: number | undefined, body: Buffer): JournalRecord {
    if (kind === KIND.update) {
        return { kind: 'update', update: new Uint8Array(body) };
    }
    const end = 2 + body.readUInt16BE(0);
    return { kind: 'saved', saved: JSON.parse(body.toString('utf8', 2, end)) as SavedMark, state: new Uint8Array(body.subarray(end)) };
}
