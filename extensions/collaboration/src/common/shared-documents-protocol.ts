import type { RpcServer } from '@theia/core/lib/common/messaging/proxy-factory';

/**
 * Between a page and the workspace's peer. Text goes between people over the collaboration server; this service opens
 * and saves documents, and carries edits while that server is away.
 */
export const SHARED_DOCUMENTS_PATH = '/services/tandem/shared-documents';

export type LineEnding = '\n' | '\r\n';

/** What the file on disk has, as every page compares with its own text to know whether there is something to save. */
export interface SavedMark {
    /** Of the text with `\n` as its line endings, as `fingerprint` gives it. */
    readonly fingerprint: string;
    /** UTF-16 code units of that text; -1 when there is no file. */
    readonly length: number;
    readonly lineEnding: LineEnding;
}

/** A file whose text all pages share. */
export interface OpenedDocument {
    readonly shared: true;
    /** Room of the collaboration server; identifies the document everywhere. */
    readonly room: string;
    /** The text with the line endings of the file. */
    readonly text: string;
    readonly lineEnding: LineEnding;
    readonly saved: SavedMark;
    /** For `join`: the state that `text` is the text of. */
    readonly ticket: string;
}

/** A file that opens as in any editor, for this page alone. */
export interface UnsharedFile {
    readonly shared: false;
    readonly reason: 'outside' | 'no-file' | 'too-large' | 'binary' | 'line-endings' | 'unreadable';
}

/** The peer has the edits, and they are on disk. */
export interface SaveOutcome {
    readonly saved: SavedMark;
    /** State vector of the peer's document. */
    readonly stateVector: Uint8Array;
}

export const SharedDocumentsServer = Symbol('SharedDocumentsServer');
export interface SharedDocumentsServer extends RpcServer<SharedDocumentsClient> {
    /** The workspace that this is; nothing in a developer's own start. */
    describe(): Promise<{ readonly workspaceUid: string } | undefined>;
    /** Opens a file for this page. @param uri of scheme `file` */
    open(uri: string): Promise<OpenedDocument | UnsharedFile>;
    /**
     * The Yjs state behind the text that `open` gave; edits since then and from now on follow as `onUpdate`.
     * @throws Error when the ticket was used or its document closed
     */
    join(ticket: string): Promise<Uint8Array>;
    /** Sends what a page with this state vector lacks, and from now on every edit. @returns the peer's state vector */
    sync(room: string, stateVector: Uint8Array): Promise<Uint8Array>;
    /** The page hears of edits another way: none are sent any more. */
    rest(room: string): Promise<void>;
    /** Edits of a page. */
    push(room: string, update: Uint8Array): Promise<void>;
    /**
     * Writes the document to its file.
     *
     * @param update edits that the peer lacks
     * @param stateVector of the page; when the peer still lacks some of it, nothing is written
     * @returns the peer's state vector alone when `update` was not enough
     * @throws Error when the file cannot be written, with the reason for the person
     */
    save(room: string, update: Uint8Array, stateVector: Uint8Array): Promise<SaveOutcome | { behind: Uint8Array }>;
    /** Text on disk, for a person who wants it back. */
    readSaved(room: string): Promise<string>;
    /** This page has closed the file. @param discard its unsaved edits, unless others have it open */
    close(room: string, discard: boolean): Promise<void>;
}

export interface SharedDocumentsClient {
    onUpdate(room: string, update: Uint8Array): void;
    /** The file was saved, or changed outside and merged. */
    onSaved(room: string, saved: SavedMark): void;
}
