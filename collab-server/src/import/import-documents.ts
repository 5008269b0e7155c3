import { MAX_ROOM_NAME_BYTES } from '@tandem/protocol';
import type { Limits } from '../limits.ts';
import type { UpdateLog } from '../log/update-log.ts';
import { scanUpdate } from '../update/scan-update.ts';
import { UpdateState } from '../update/update-state.ts';
import type { SourceDocument } from './source.ts';

/** What became of the documents of a source. */
export interface ImportSummary {
    readonly imported: number;
    /** Everything in them was here already. */
    readonly unchanged: number;
    /** They hold nothing: a client opened them and never typed. */
    readonly empty: number;
    readonly bytes: number;
    readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Brings documents into a log. A document that is here already is merged with, as Yjs merges, so a second run changes
 * nothing. One that cannot be taken is reported, and the others go on.
 *
 * @throws UpdateLogError when the log fails
 */
export async function importDocuments(
    source: AsyncIterable<SourceDocument>,
    log: UpdateLog,
    limits: Pick<Limits, 'maxDocumentBytes'>,
): Promise<ImportSummary> {
    const counts = { imported: 0, unchanged: 0, empty: 0, bytes: 0 };
    const failed: { name: string; reason: string }[] = [];
    for await (const { name, updates } of source) {
        const read = readDocument(name, updates, limits);
        if ('reason' in read) {
            failed.push({ name, reason: read.reason });
            continue;
        }
        if (read.state.isEmpty) {
            counts.empty++;
            continue;
        }
        const update = read.state.encode();
        if (UpdateState.from(await log.load(name)).contains(scanUpdate(update))) {
            counts.unchanged++;
            continue;
        }
        await log.append([{ room: name, updates: [update] }]);
        counts.imported++;
        counts.bytes += update.length;
    }
    return { ...counts, failed };
}

/** The document as this server holds it, or why it cannot. */
function readDocument(
    name: string,
    updates: readonly Uint8Array[],
    limits: Pick<Limits, 'maxDocumentBytes'>,
): { readonly state: UpdateState } | { readonly reason: string } {
    const bytes = Buffer.byteLength(name);
    if (bytes === 0 || bytes > MAX_ROOM_NAME_BYTES || name.includes('\0')) {
        return { reason: `a name has 1 to ${MAX_ROOM_NAME_BYTES} bytes and no NUL; this one has ${bytes}` };
    }
    let state: UpdateState;
    try {
        state = UpdateState.from(updates);
    } catch (error) {
        return { reason: `it holds what is no Yjs update (V1): ${error instanceof Error ? error.message : String(error)}` };
    }
    if (state.byteLength > limits.maxDocumentBytes) {
        return { reason: `it has ${state.byteLength} bytes, over the limit of ${limits.maxDocumentBytes}` };
    }
    return { state };
}
