import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** Which document a file has. */
export interface IndexEntry {
    readonly id: string;
    /** Grows each time that the file is opened after everybody had closed it with nothing unsaved. */
    readonly epoch: number;
}

/** Remembers which file has which document, over restarts. */
export class DocumentIndex {
    private readonly path: string;
    private readonly entries: Map<string, IndexEntry>;
    private writing: Promise<void> = Promise.resolve();

    private constructor(path: string, entries: Map<string, IndexEntry>) {
        this.path = path;
        this.entries = entries;
    }

    static async load(path: string): Promise<DocumentIndex> {
        try {
            return new DocumentIndex(path, new Map(Object.entries(JSON.parse(await readFile(path, 'utf8')) as Record<string, IndexEntry>)));
        } catch {
            // None yet, or not readable: files get new ids, which no document has.
            return new DocumentIndex(path, new Map());
        }
    }

    get(file: string): IndexEntry | undefined {
        return this.entries.get(file);
    }

    /** A document that nobody has seen yet. */
    next(file: string): IndexEntry {
        const known = this.entries.get(file);
        const entry = known ? { id: known.id, epoch: known.epoch + 1 } : { id: randomBytes(9).toString('base64url'), epoch: 0 };
        this.entries.set(file, entry);
        this.write();
        return entry;
    }

    /** The file, or the folder it is in, is somewhere else now. */
    move(from: string, to: string): void {
        const entry = this.entries.get(from);
        if (entry) {
            this.entries.delete(from);
            this.entries.set(to, entry);
            this.write();
        }
    }

    whenWritten(): Promise<void> {
        return this.writing;
    }

    private write(): void {
        this.writing = this.writing
            .then(async () => {
                await writeFile(`${this.path}.next`, JSON.stringify(Object.fromEntries(this.entries)), { mode: 0o600 });
                await rename(`${this.path}.next`, this.path);
            })
            .catch((error: unknown) => console.error('The index of shared files could not be written.', error));
    }
}
