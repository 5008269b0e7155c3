import { ByteWriter, asBuffer } from './byte-writer.ts';
import { DeleteRanges } from './delete-ranges.ts';
import { scanUpdate, type Run, type ScannedUpdate } from './scan-update.ts';
import { Segment, cutAtClock, cutAtStruct } from './segment.ts';
import { UpdateReader } from './update-reader.ts';

export type StateVector = ReadonlyMap<number, number>;

const SKIP = 10;
/** Smaller documents are encoded in no time, and many of them would each keep the message they came in. */
const WHOLE_BYTES = 16 * 1024;

/**
 * A Yjs document as bytes: for each client its encoded structs, joined at byte level and never decoded. Appending an
 * edit copies its bytes behind the client's others; encoding is one copy of everything. Parts that arrive early stay as
 * separate segments and are encoded with gaps between them, as Yjs does.
 */
export class UpdateState {
    /** One segment for nearly every client; more only while parts are missing. */
    private readonly segments = new Map<number, Segment | Segment[]>();
    private readonly deletes = new DeleteRanges();
    private encoded: Buffer | undefined;
    private structBytes = 0;

    /** @throws InvalidUpdate */
    static from(updates: readonly Uint8Array[]): UpdateState {
        const state = new UpdateState();
        for (const update of updates) {
            state.append(scanUpdate(update));
        }
        return state;
    }

    /** Takes an update in and says whether it brought anything new. */
    append(update: ScannedUpdate): boolean {
        const wasEmpty = this.isEmpty;
        let changed = false;
        for (const run of update.runs) {
            changed = this.appendRun(run, update.bytes) || changed;
        }
        changed = this.deletes.add(update) || changed;
        if (changed) {
            // An update that begins a document is its encoding: a large one is not copied to be given out.
            this.encoded = wasEmpty && update.bytes.length >= WHOLE_BYTES ? asBuffer(update.bytes) : undefined;
        }
        return changed;
    }

    /** Whether everything in `update` is here already. */
    contains(update: ScannedUpdate): boolean {
        return (
            update.runs.every((run) => {
                const entry = this.segments.get(run.client);
                return (
                    entry !== undefined &&
                    listOf(entry).some((known) => known.startClock <= run.startClock && known.endClock >= run.endClock)
                );
            }) && this.deletes.contains(update)
        );
    }

    get isEmpty(): boolean {
        return this.segments.size === 0 && this.deletes.isEmpty;
    }

    /** Size of the encoded structs, in bytes. */
    get byteLength(): number {
        return this.structBytes;
    }

    /** Memory held, in bytes, roughly. The encoded copy is not counted again: the segments are views of it. */
    get memoryBytes(): number {
        let total = this.deletes.memoryBytes;
        for (const entry of this.segments.values()) {
            for (const segment of listOf(entry)) {
                total += segment.memoryBytes;
            }
        }
        return total;
    }

    /** Gives back what can be computed again. */
    dropCaches(): void {
        this.encoded = undefined;
    }

    /** The clock up to which each client is known without gaps. */
    stateVector(): Map<number, number> {
        const vector = new Map<number, number>();
        for (const [client, entry] of this.segments) {
            const first = listOf(entry)[0] as Segment;
            if (first.startClock === 0) {
                vector.set(client, first.endClock);
            }
        }
        return vector;
    }

    /**
     * One update with everything that a holder of `known` lacks (everything when absent). It may begin a little before
     * `known`, at the boundary of a struct, which Yjs takes well. Deletes are always complete.
     */
    encode(known?: StateVector): Buffer {
        if (known && known.size > 0) {
            return this.write(known);
        }
        if (!this.encoded) {
            this.encoded = this.write(undefined);
        }
        return this.encoded;
    }

    private write(known: StateVector | undefined): Buffer {
        const parts: { client: number; list: readonly Segment[]; from: number }[] = [];
        let size = 16 + this.deletes.encodedLength();
        for (const [client, entry] of this.segments) {
            const from = known?.get(client) ?? 0;
            const list = from === 0 ? listOf(entry) : listOf(entry).filter((segment) => segment.endClock > from);
            if (list.length > 0) {
                parts.push({ client, list, from });
                size += 24;
                for (const segment of list) {
                    size += segment.length + 10;
                }
            }
        }
        parts.sort((a, b) => b.client - a.client);
        const writer = new ByteWriter(size);
        writer.uint(parts.length);
        const adopted: { segment: Segment; start: number }[] = [];
        for (const { client, list, from } of parts) {
            const first = list[0] as Segment;
            const head = from > first.startClock ? cutAtStruct(first, from) : first;
            let count = head.structCount + (list.length - 1);
            for (let index = 1; index < list.length; index++) {
                count += (list[index] as Segment).structCount;
            }
            writer.uint(count);
            writer.uint(client);
            writer.uint(head.startClock);
            adopted.push({ segment: first, start: writer.length });
            writer.bytes(head.bytes);
            for (let index = 1; index < list.length; index++) {
                const segment = list[index] as Segment;
                writer.byte(SKIP);
                writer.uint(segment.startClock - (list[index - 1] as Segment).endClock);
                adopted.push({ segment, start: writer.length });
                writer.bytes(segment.bytes);
            }
        }
        this.deletes.write(writer);
        const bytes = writer.finish();
        if (!known) {
            // From now on the segments are views of the one encoded copy, so that an open document is held once.
            for (const { segment, start } of adopted) {
                segment.adopt(bytes.subarray(start, start + segment.length));
            }
        }
        return bytes;
    }

    private appendRun(run: Run, source: Uint8Array): boolean {
        const entry = this.segments.get(run.client);
        if (entry === undefined) {
            const bytes = source.subarray(run.startByte, run.endByte);
            // A small part must not keep a large message alive.
            const keep = bytes.length * 2 >= source.buffer.byteLength ? bytes : Buffer.from(bytes);
            this.segments.set(run.client, new Segment(run.client, run.startClock, run.endClock, run.structCount, keep));
            this.structBytes += bytes.length;
            return true;
        }
        if (!Array.isArray(entry)) {
            if (run.startClock === entry.endClock) {
                entry.append(run.endClock, run.structCount, source.subarray(run.startByte, run.endByte));
                this.structBytes += run.endByte - run.startByte;
                return true;
            }
            if (run.endClock <= entry.endClock && run.startClock >= entry.startClock) {
                return false;
            }
        }
        return this.appendIrregular(run, source.subarray(run.startByte, run.endByte), listOf(entry));
    }

    /** Overlaps and gaps: keeps the list sorted, disjoint and joined where it touches. */
    private appendIrregular(run: Run, bytes: Uint8Array, known: readonly Segment[]): boolean {
        const before = known.filter((segment) => segment.startClock <= run.startClock);
        const after = known.filter((segment) => segment.startClock > run.startClock);
        const left = before.at(-1);
        let piece = { startClock: run.startClock, structCount: run.structCount, bytes };
        if (left && left.endClock > run.startClock) {
            if (left.endClock >= run.endClock) {
                return false;
            }
            piece = cutAtClock({ ...run, bytes }, left.endClock);
        }
        // What the new run covers whole goes; a segment that reaches past its end loses its own beginning.
        const rest: Segment[] = [];
        for (const segment of after) {
            if (segment.endClock <= run.endClock) {
                continue;
            }
            if (segment.startClock < run.endClock) {
                const cut = cutAtClock(
                    {
                        client: run.client,
                        startClock: segment.startClock,
                        endClock: segment.endClock,
                        structCount: segment.structCount,
                        bytes: segment.bytes,
                    },
                    run.endClock,
                );
                rest.push(new Segment(run.client, cut.startClock, segment.endClock, cut.structCount, cut.bytes));
            } else {
                rest.push(segment);
            }
        }
        const bytesBefore = sumOf(known);
        const joined: Segment[] = before.slice(0, -1);
        let tail = left;
        const pieces = [new Segment(run.client, piece.startClock, run.endClock, piece.structCount, Buffer.from(piece.bytes)), ...rest];
        for (const next of pieces) {
            if (tail && tail.endClock === next.startClock) {
                tail.append(next.endClock, next.structCount, next.bytes);
            } else {
                if (tail) {
                    joined.push(tail);
                }
                tail = next;
            }
        }
        joined.push(tail as Segment);
        this.structBytes += sumOf(joined) - bytesBefore;
        this.segments.set(run.client, joined.length === 1 ? (joined[0] as Segment) : joined);
        return true;
    }
}

function listOf(entry: Segment | Segment[]): readonly Segment[] {
    return Array.isArray(entry) ? entry : [entry];
}

function sumOf(list: readonly Segment[]): number {
    return list.reduce((sum, segment) => sum + segment.length, 0);
}

/** Joins updates into one that carries all of them. */
export function joinUpdates(updates: readonly ScannedUpdate[]): Uint8Array {
    if (updates.length === 1) {
        return (updates[0] as ScannedUpdate).bytes;
    }
    const state = new UpdateState();
    for (const update of updates) {
        state.append(update);
    }
    return state.encode();
}

/** @throws InvalidUpdate */
export function decodeStateVector(bytes: Uint8Array): Map<number, number> {
    const reader = new UpdateReader(bytes);
    const vector = new Map<number, number>();
    for (let left = reader.uint(); left > 0; left--) {
        const client = reader.uint();
        vector.set(client, reader.uint());
    }
    return vector;
}

export function encodeStateVector(vector: StateVector): Buffer {
    const writer = new ByteWriter(8 + vector.size * 10);
    writer.uint(vector.size);
    for (const [client, clock] of [...vector].sort((a, b) => b[0] - a[0])) {
        writer.uint(client);
        writer.uint(clock);
    }
    return writer.finish();
}
