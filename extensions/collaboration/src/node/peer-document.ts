import * as Y from 'yjs';
import { minimalEdits } from '../common/minimal-edits';
import type { LineEnding, OpenedDocument, SavedMark, SaveOutcome } from '../common/shared-documents-protocol';
import { FACTS_NAME, fingerprint, LINE_ENDING_KEY, lineEndingOf, TEXT_NAME, withEndings, withShortEndings } from '../common/shared-text';
import { DocumentJournal, type JournalRecord } from './document-journal';
import { readTextFile, writeTextFile, type Encoding, type TextFile } from './text-file';

/** A page that has the document open. */
export interface PageLink {
    onUpdate(room: string, update: Uint8Array): void;
    onSaved(room: string, saved: SavedMark): void;
}

/** Origin of edits that came from the file. */
export const DISK_ORIGIN = Symbol('disk');
/** A journal above this, and above four times the document, is written anew. */
const JOURNAL_LIMIT_BYTES = 1024 * 1024;
const NO_FILE: Pick<SavedMark, 'fingerprint' | 'length'> = { fingerprint: '', length: -1 };

/** One file's document: the only one that reads and writes the file, and seeds the document. */
export class PeerDocument {
    readonly room: string;
    readonly doc = new Y.Doc();
    private readonly text = this.doc.getText(TEXT_NAME);
    private readonly facts = this.doc.getMap<LineEnding>(FACTS_NAME);
    private readonly journal: DocumentJournal;
    private readonly staging: string;
    private file: string;
    private encoding: Encoding = 'utf8';
    private savedMark: SavedMark = { ...NO_FILE, lineEnding: '\n' };
    /** State of the document that the file's text is the text of. */
    private savedState = Y.encodeStateAsUpdate(this.doc);
    /** Nobody wants what is unsaved; the file may be gone as well. */
    private abandoned = false;
    /** Pages, and whether they get edits over this connection. */
    private readonly pages = new Map<PageLink, boolean>();
    /** Reading and writing the file, one after another. */
    private work: Promise<unknown> = Promise.resolve();

    constructor(options: { room: string; file: string; journalPath: string; staging: string }) {
        this.room = options.room;
        this.file = options.file;
        this.staging = options.staging;
        this.journal = new DocumentJournal(options.journalPath);
    }

    /** The document begins with the file's text. */
    seed(content: TextFile): void {
        const text = withShortEndings(content.text);
        this.encoding = content.encoding;
        this.doc.transact(() => {
            this.text.insert(0, text);
            this.facts.set(LINE_ENDING_KEY, lineEndingOf(content.text));
        }, DISK_ORIGIN);
        this.journal.append({ kind: 'update', update: Y.encodeStateAsUpdate(this.doc) });
        this.noteSaved(this.mark(), Y.encodeStateAsUpdate(this.doc));
        this.doc.on('update', this.handleUpdate);
    }

    /** The document goes on where a peer before this one has left it. */
    restore(records: readonly JournalRecord[], content: TextFile | undefined): void {
        this.doc.transact(() => {
            for (const record of records) {
                if (record.kind === 'update') {
                    Y.applyUpdate(this.doc, record.update);
                } else {
                    this.savedMark = record.saved;
                    this.savedState = record.state;
                }
            }
        });
        this.encoding = content?.encoding ?? 'utf8';
        this.doc.on('update', this.handleUpdate);
    }

    get path(): string {
        return this.file;
    }

    get saved(): SavedMark {
        return this.savedMark;
    }

    get dirty(): boolean {
        return !sameMark(this.mark(), this.savedMark);
    }

    get openPages(): number {
        return this.pages.size;
    }

    /** What a page needs to show the document; it gets edits once it has joined. */
    open(page: PageLink): { opened: Omit<OpenedDocument, 'ticket'>; state: Uint8Array } {
        if (!this.pages.has(page)) {
            this.pages.set(page, false);
        }
        const { lineEnding } = this;
        const opened = {
            shared: true as const,
            room: this.room,
            text: withEndings(this.text.toString(), lineEnding),
            lineEnding,
            saved: this.savedMark,
        };
        return { opened, state: Y.encodeStateAsUpdate(this.doc) };
    }

    /** The page lacks what came after `stateVector`, and wants all that comes. */
    follow(page: PageLink, stateVector: Uint8Array): Uint8Array {
        this.pages.set(page, true);
        const missing = Y.encodeStateAsUpdate(this.doc, stateVector);
        page.onUpdate(this.room, missing);
        return Y.encodeStateVector(this.doc);
    }

    rest(page: PageLink): void {
        if (this.pages.has(page)) {
            this.pages.set(page, false);
        }
    }

    /** Takes edits of a page. */
    push(page: PageLink, update: Uint8Array): void {
        this.abandoned = false;
        Y.applyUpdate(this.doc, update, page);
    }

    /** @returns how many pages are left */
    leave(page: PageLink): number {
        this.pages.delete(page);
        return this.pages.size;
    }

    /** Writes what all have written. @throws as the file system does */
    async save(page: PageLink, update: Uint8Array, stateVector: Uint8Array): Promise<SaveOutcome | { behind: Uint8Array }> {
        this.push(page, update);
        if (!covers(this.doc, stateVector)) {
            return { behind: Y.encodeStateVector(this.doc) };
        }
        await this.run(() => this.write());
        return { saved: this.savedMark, stateVector: Y.encodeStateVector(this.doc) };
    }

    /** Brings changes that others made to the file into the document. */
    mergeDisk(): Promise<void> {
        return this.run(() => this.merge());
    }

    /** Gives up what is not saved. */
    discard(): Promise<void> {
        return this.run(async () => {
            await this.merge();
            const saved = this.savedText();
            this.doc.transact(() => replace(this.text, saved), DISK_ORIGIN);
            if (this.savedMark.length >= 0) {
                this.noteSaved(this.mark(), Y.encodeStateAsUpdate(this.doc));
            }
            this.abandoned = true;
        });
    }

    /** Text of the file as this document knows it. */
    savedText(): string {
        return forkOf(this.savedState).getText(TEXT_NAME).toString();
    }

    /** Ends it; with nothing unsaved, nothing of it is kept. */
    async dispose(): Promise<void> {
        this.doc.off('update', this.handleUpdate);
        await this.work.catch(() => undefined);
        await (this.dirty && !this.abandoned ? this.journal.close() : this.journal.remove());
        this.doc.destroy();
    }

    private get lineEnding(): LineEnding {
        return this.facts.get(LINE_ENDING_KEY) === '\r\n' ? '\r\n' : '\n';
    }

    private mark(): SavedMark {
        const text = this.text.toString();
        return { fingerprint: fingerprint(text), length: text.length, lineEnding: this.lineEnding };
    }

    private async write(): Promise<void> {
        await this.merge();
        const mark = this.mark();
        if (sameMark(mark, this.savedMark)) {
            return;
        }
        const text = withEndings(this.text.toString(), mark.lineEnding);
        const state = Y.encodeStateAsUpdate(this.doc);
        await writeTextFile(this.file, { text, encoding: this.encoding }, this.staging);
        this.noteSaved(mark, state);
        if (this.journal.size > Math.max(JOURNAL_LIMIT_BYTES, 4 * state.length)) {
            await this.journal.rewrite([
                { kind: 'update', update: Y.encodeStateAsUpdate(this.doc) },
                { kind: 'saved', saved: mark, state },
            ]);
        }
    }

    private async merge(): Promise<void> {
        const found = await readTextFile(this.file);
        if ('reason' in found) {
            // The text is all that is left of the file, or the file is no longer what can be shared: everybody has it unsaved.
            if (this.savedMark.length >= 0) {
                this.noteSaved({ ...NO_FILE, lineEnding: this.lineEnding }, Y.encodeStateAsUpdate(this.doc));
            }
            return;
        }
        const text = withShortEndings(found.text);
        // A file without line breaks has no ending of its own.
        const lineEnding = text.includes('\n') ? lineEndingOf(found.text) : this.savedMark.lineEnding;
        const mark: SavedMark = { fingerprint: fingerprint(text), length: text.length, lineEnding };
        this.encoding = found.encoding;
        if (sameMark(mark, this.savedMark)) {
            return;
        }
        // On a copy of the document as it was on disk, the outside change is an edit like any other; merging does the rest.
        const fork = forkOf(this.savedState);
        const before = Y.encodeStateVector(fork);
        fork.transact(() => {
            replace(fork.getText(TEXT_NAME), text);
            if (fork.getMap(FACTS_NAME).get(LINE_ENDING_KEY) !== lineEnding) {
                fork.getMap(FACTS_NAME).set(LINE_ENDING_KEY, lineEnding);
            }
        });
        Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(fork, before), DISK_ORIGIN);
        this.noteSaved(mark, Y.encodeStateAsUpdate(fork));
        fork.destroy();
    }

    private noteSaved(saved: SavedMark, state: Uint8Array): void {
        this.savedMark = saved;
        this.savedState = state;
        this.journal.append({ kind: 'saved', saved, state });
        for (const page of this.pages.keys()) {
            page.onSaved(this.room, saved);
        }
    }

    private readonly handleUpdate = (update: Uint8Array, origin: unknown): void => {
        this.journal.append({ kind: 'update', update });
        for (const [page, follows] of this.pages) {
            if (follows && page !== origin) {
                page.onUpdate(this.room, update);
            }
        }
    };

    private run<T>(work: () => Promise<T>): Promise<T> {
        const done = this.work.then(work, work);
        this.work = done.catch(() => undefined);
        return done;
    }
}

function replace(text: Y.Text, wanted: string): void {
    for (const edit of minimalEdits(text.toString(), wanted).reverse()) {
        text.delete(edit.offset, edit.length);
        text.insert(edit.offset, edit.text);
    }
}

function forkOf(state: Uint8Array): Y.Doc {
    const fork = new Y.Doc();
    Y.applyUpdate(fork, state);
    return fork;
}

function sameMark(one: SavedMark, other: SavedMark): boolean {
    return one.length === other.length && one.fingerprint === other.fingerprint && one.lineEnding === other.lineEnding;
}

/** Whether the document has everything that a state vector speaks of. */
function covers(doc: Y.Doc, stateVector: Uint8Array): boolean {
    const own = Y.decodeStateVector(Y.encodeStateVector(doc));
    return [...Y.decodeStateVector(stateVector)].every(([client, clock]) => (own.get(client) ?? 0) >= clock);
}
