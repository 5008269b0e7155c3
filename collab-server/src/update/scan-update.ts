import { InvalidUpdate, UpdateReader } from './update-reader.ts';

/** Structs of one client with consecutive clocks, as a range of the update's bytes. */
export interface Run {
    readonly client: number;
    readonly startClock: number;
    readonly endClock: number;
    readonly structCount: number;
    readonly startByte: number;
    readonly endByte: number;
}

/** Where the parts of an update lie. */
export interface ScannedUpdate {
    readonly bytes: Uint8Array;
    readonly runs: readonly Run[];
    /** First byte of the delete set (its client count). */
    readonly deletesByte: number;
    /** Whether the delete set names any client. */
    readonly hasDeletes: boolean;
}

const GC = 0;
const SKIP = 10;
const ANY_OBJECT = 118;

/**
 * Checks a Yjs update (format V1) and finds its parts without decoding content. What passes can be applied by every Yjs
 * client and joined with other updates at byte level.
 *
 * @throws InvalidUpdate
 * @see https://github.com/yjs/yjs/blob/v13.6.27/src/utils/encoding.js
 */
export function scanUpdate(bytes: Uint8Array): ScannedUpdate {
    const reader = new UpdateReader(bytes);
    const clients = reader.uint();
    const runs: Run[] = [];
    const seen = clients > 1 ? new Set<number>() : undefined;
    for (let index = 0; index < clients; index++) {
        const structs = reader.uint();
        const client = reader.uint();
        let clock = reader.uint();
        if (seen) {
            if (seen.has(client)) {
                throw new InvalidUpdate('a client appears twice');
            }
            seen.add(client);
        }
        let startClock = clock;
        let startByte = reader.position;
        let count = 0;
        for (let left = structs; left > 0; left--) {
            const structByte = reader.position;
            const info = reader.byte();
            const length = skipStruct(reader, info, client, clock);
            if (length === 0) {
                throw new InvalidUpdate('a struct is empty');
            }
            if ((info & 0x1f) === SKIP) {
                pushRun(runs, client, startClock, clock, count, startByte, structByte);
                count = 0;
                startClock = clock + length;
                startByte = reader.position;
            } else {
                count++;
            }
            clock += length;
            if (clock > Number.MAX_SAFE_INTEGER) {
                throw new InvalidUpdate('a clock is too large');
            }
        }
        pushRun(runs, client, startClock, clock, count, startByte, reader.position);
    }
    const deletesByte = reader.position;
    const deleteClients = skipDeletes(reader);
    if (reader.position !== bytes.length) {
        throw new InvalidUpdate('bytes follow the update');
    }
    return { bytes, runs, deletesByte, hasDeletes: deleteClients > 0 };
}

function pushRun(
    runs: Run[],
    client: number,
    startClock: number,
    endClock: number,
    structCount: number,
    startByte: number,
    endByte: number,
) {
    if (structCount > 0) {
        runs.push({ client, startClock, endClock, structCount, startByte, endByte });
    }
}

function skipDeletes(reader: UpdateReader): number {
    const clients = reader.uint();
    for (let client = 0; client < clients; client++) {
        reader.uint();
        for (let left = reader.uint(); left > 0; left--) {
            const clock = reader.uint();
            if (clock + reader.uint() > Number.MAX_SAFE_INTEGER) {
                throw new InvalidUpdate('a clock is too large');
            }
        }
    }
    return clients;
}

/** Skips one struct whose info byte was read, and returns its length in clock ticks. */
export function skipStruct(reader: UpdateReader, info: number, client: number, clock: number): number {
    const kind = info & 0x1f;
    if (kind === GC || kind === SKIP) {
        return reader.uint();
    }
    const hasOrigin = (info & 0x80) !== 0;
    const hasRightOrigin = (info & 0x40) !== 0;
    if (hasOrigin) {
        skipReference(reader, client, clock);
    }
    if (hasRightOrigin) {
        skipReference(reader, client, clock);
    }
    if (!hasOrigin && !hasRightOrigin) {
        if (reader.uint() === 1) {
            reader.string();
        } else {
            skipReference(reader, client, clock);
        }
        if ((info & 0x20) !== 0) {
            reader.string();
        }
    }
    return skipContent(reader, kind);
}

/** A struct that refers to itself or to a later one of its own client makes Yjs throw while it integrates. */
function skipReference(reader: UpdateReader, client: number, clock: number): void {
    if (reader.uint() === client) {
        if (reader.uint() >= clock) {
            throw new InvalidUpdate('a struct refers to a later one');
        }
    } else {
        reader.uint();
    }
}

function skipContent(reader: UpdateReader, kind: number): number {
    switch (kind) {
        case 1:
            return reader.uint();
        case 2: {
            const length = reader.uint();
            for (let left = length; left > 0; left--) {
                reader.json(true);
            }
            return length;
        }
        case 3:
            reader.skip(reader.uint());
            return 1;
        case 4:
            return reader.string();
        case 5:
            reader.json(false);
            return 1;
        case 6:
            reader.string();
            reader.json(false);
            return 1;
        case 7:
            skipType(reader);
            return 1;
        case 8: {
            const length = reader.uint();
            for (let left = length; left > 0; left--) {
                reader.any();
            }
            return length;
        }
        case 9:
            reader.string();
            if (reader.bytes[reader.position] !== ANY_OBJECT) {
                throw new InvalidUpdate('the options of a document are no object');
            }
            reader.any();
            return 1;
        default:
            throw new InvalidUpdate(`unknown content ${kind}`);
    }
}

function skipType(reader: UpdateReader): void {
    const type = reader.uint();
    if (type > 6) {
        throw new InvalidUpdate(`unknown type ${type}`);
    }
    if (type === 3 || type === 5) {
        reader.string();
    }
}
