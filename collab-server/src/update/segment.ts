import * as Y from 'yjs';
import { ByteWriter } from './byte-writer.ts';
import { scanUpdate, skipStruct, type Run } from './scan-update.ts';
import { UpdateReader } from './update-reader.ts';

/** Structs of one client with consecutive clocks, as their encoded bytes. Grows at its end. */
export class Segment {
    readonly client: number;
    startClock: number;
    endClock: number;
    structCount: number;
    private buffer: Uint8Array;
    length: number;
    /** Whether `buffer` has room of our own behind `length`; else it is a view of somebody's bytes. */
    private owned = false;

    constructor(client: number, startClock: number, endClock: number, structCount: number, bytes: Uint8Array) {
        this.client = client;
        this.startClock = startClock;
        this.endClock = endClock;
        this.structCount = structCount;
        this.buffer = bytes;
        this.length = bytes.length;
    }

    get bytes(): Uint8Array {
        return this.buffer.length === this.length ? this.buffer : this.buffer.subarray(0, this.length);
    }

    /** Points at the same bytes somewhere else, so that the old ones can go. */
    adopt(view: Uint8Array): void {
        this.buffer = view;
        this.owned = false;
    }

    /** Appends structs that begin at `endClock`. */
    append(endClock: number, structCount: number, bytes: Uint8Array): void {
        const wanted = this.length + bytes.length;
        if (!this.owned || wanted > this.buffer.length) {
            const room = wanted < 4096 ? wanted * 2 : Math.ceil(wanted * 1.25);
            const grown = Buffer.allocUnsafeSlow(Math.max(64, room));
            grown.set(this.buffer.subarray(0, this.length));
            this.buffer = grown;
            this.owned = true;
        }
        this.buffer.set(bytes, this.length);
        this.length = wanted;
        this.endClock = endClock;
        this.structCount += structCount;
    }

    /** Memory held, in bytes. */
    get memoryBytes(): number {
        return 160 + (this.owned ? this.buffer.length : this.length);
    }
}

/** A part of a segment's structs. */
export interface Cut {
    readonly startClock: number;
    readonly structCount: number;
    readonly bytes: Uint8Array;
}

/** The structs from the one that holds `clock` on; it may begin before `clock`. */
export function cutAtStruct(segment: { client: number; startClock: number; structCount: number; bytes: Uint8Array }, clock: number): Cut {
    const reader = new UpdateReader(segment.bytes);
    let at = segment.startClock;
    for (let index = 0; index < segment.structCount; index++) {
        const start = reader.position;
        const next = at + skipStruct(reader, reader.byte(), segment.client, at);
        if (next > clock) {
            return { startClock: at, structCount: segment.structCount - index, bytes: segment.bytes.subarray(start) };
        }
        at = next;
    }
    return { startClock: at, structCount: 0, bytes: segment.bytes.subarray(segment.bytes.length) };
}

/** The structs from exactly `clock` on; a struct that spans it is split by Yjs itself. */
export function cutAtClock(run: Omit<Run, 'startByte' | 'endByte'> & { bytes: Uint8Array }, clock: number): Cut {
    const cut = cutAtStruct(run, clock);
    if (cut.startClock === clock) {
        return cut;
    }
    const writer = new ByteWriter(cut.bytes.length + 32);
    writer.uint(1);
    writer.uint(cut.structCount);
    writer.uint(run.client);
    writer.uint(cut.startClock);
    writer.bytes(cut.bytes);
    writer.byte(0);
    const stateVector = new ByteWriter();
    stateVector.uint(1);
    stateVector.uint(run.client);
    stateVector.uint(clock);
    const scanned = scanUpdate(Y.diffUpdate(writer.finish(), stateVector.finish()));
    const rest = scanned.runs[0] as Run;
    return { startClock: rest.startClock, structCount: rest.structCount, bytes: scanned.bytes.subarray(rest.startByte, rest.endByte) };
}
