/** A document of another store, in the order the store gives them. */
export interface SourceDocument {
    readonly name: string;
    /** Yjs updates (V1) that make it up together. */
    readonly updates: readonly Uint8Array[];
}

/** A store that documents are brought from. It is read once, one document at a time, and never written by us. */
export interface ImportSource extends AsyncIterable<SourceDocument> {
    close(): Promise<void>;
}
