import { ByteWriter, uintLength } from '../update/byte-writer.ts';
import { OPCODE, frameStart, headerLength, writeHeader } from '../net/web-socket-frames.ts';

/** Message types of y-websocket and Hocuspocus; the latter put the document's address in front. */
export const MESSAGE = {
    sync: 0,
    awareness: 1,
    auth: 2,
    queryAwareness: 3,
    syncReply: 4,
    stateless: 5,
    close: 7,
    syncStatus: 8,
    ping: 9,
    pong: 10,
} as const;

export const SYNC = { step1: 0, step2: 1, update: 2 } as const;

/**
 * How messages to one member begin: nothing for y-websocket, the document's address for Hocuspocus. Members with the
 * same `key` share frames.
 */
export interface Address {
    readonly key: string;
    readonly prefix: Uint8Array;
}

export const Y_ADDRESS: Address = { key: '', prefix: new Uint8Array(0) };

/** The address of a document in Hocuspocus framing; `name` is what the client wrote, session id included. */
export function hocuspocusAddress(name: string): Address {
    const writer = new ByteWriter(name.length + 8);
    writer.string(name);
    return { key: `h:${name}`, prefix: writer.finish() };
}

/** A frame of `type` bytes and one length-prefixed value, in one buffer. */
export function valueFrame(address: Address, type: readonly number[], value: Uint8Array): Buffer {
    const { prefix } = address;
    const length = prefix.length + type.length + uintLength(value.length) + value.length;
    const frame = Buffer.allocUnsafe(headerLength(length) + length);
    let offset = writeHeader(frame, 0, OPCODE.binary, length);
    frame.set(prefix, offset);
    offset += prefix.length;
    for (const byte of type) {
        frame[offset++] = byte;
    }
    offset = writeUint(frame, offset, value.length);
    frame.set(value, offset);
    return frame;
}

/** The beginning of such a frame, for values that are sent without a copy. */
export function valueFrameStart(address: Address, type: readonly number[], valueLength: number): Buffer {
    const start = Buffer.allocUnsafe(address.prefix.length + type.length + uintLength(valueLength));
    start.set(address.prefix, 0);
    let offset = address.prefix.length;
    for (const byte of type) {
        start[offset++] = byte;
    }
    writeUint(start, offset, valueLength);
    return frameStart(OPCODE.binary, start, valueLength);
}

/** A frame of bytes as they are. */
export function plainFrame(address: Address, bytes: Uint8Array): Buffer {
    const length = address.prefix.length + bytes.length;
    const frame = Buffer.allocUnsafe(headerLength(length) + length);
    const offset = writeHeader(frame, 0, OPCODE.binary, length);
    frame.set(address.prefix, offset);
    frame.set(bytes, offset + address.prefix.length);
    return frame;
}

/** SyncStatus: 1 taken and durable, 0 refused. */
export function syncStatusFrame(address: Address, applied: boolean): Buffer {
    return plainFrame(address, Uint8Array.of(MESSAGE.syncStatus, applied ? 1 : 0));
}

export function permissionDeniedFrame(address: Address, reason: string, subtype: number): Buffer {
    return stringFrame(address, [MESSAGE.auth, subtype], reason);
}

export function stringFrame(address: Address, type: readonly number[], text: string): Buffer {
    return valueFrame(address, type, Buffer.from(text));
}

/** An awareness message without entries: harmless to every client, and data enough to keep it from giving up. */
export function keepAliveFrame(address: Address): Buffer {
    return valueFrame(address, [MESSAGE.awareness], Uint8Array.of(0));
}

function writeUint(target: Buffer, offset: number, value: number): number {
    while (value > 0x7f) {
        target[offset++] = 0x80 | (value % 0x80);
        value = Math.floor(value / 0x80);
    }
    target[offset++] = value;
    return offset;
}
