import { release } from '../update/release.ts';

/** Server-side WebSocket framing (RFC 6455 §5): unmasked frames out, masked frames in. @see https://www.rfc-editor.org/rfc/rfc6455#section-5 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Bytes of the header of a server frame. */
export function headerLength(payloadLength: number): number {
    return payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10;
}

/** Writes a final server frame's header at `offset` and returns the offset behind it. */
export function writeHeader(target: Buffer, offset: number, opcode: number, payloadLength: number): number {
    target[offset++] = 0x80 | opcode;
    if (payloadLength < 126) {
        target[offset++] = payloadLength;
    } else if (payloadLength < 65_536) {
        target[offset++] = 126;
        offset = target.writeUInt16BE(payloadLength, offset);
    } else {
        target[offset++] = 127;
        offset = target.writeUInt32BE(Math.floor(payloadLength / 2 ** 32), offset);
        offset = target.writeUInt32BE(payloadLength % 2 ** 32, offset);
    }
    return offset;
}

/** One whole frame, ready for any number of sockets. */
export function frameOf(opcode: number, ...parts: readonly Uint8Array[]): Buffer {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const frame = Buffer.allocUnsafe(headerLength(length) + length);
    let offset = writeHeader(frame, 0, opcode, length);
    for (const part of parts) {
        frame.set(part, offset);
        offset += part.length;
    }
    return frame;
}

/** The header of a frame whose payload is sent separately, followed by the payload's first bytes. */
export function frameStart(opcode: number, start: Uint8Array, restLength: number): Buffer {
    const length = start.length + restLength;
    const buffer = Buffer.allocUnsafe(headerLength(length) + start.length);
    buffer.set(start, writeHeader(buffer, 0, opcode, length));
    return buffer;
}

export interface FrameHandler {
    /** A whole message. `payload` belongs to the handler. */
    onMessage(opcode: number, payload: Buffer): void;
    onControl(opcode: number, payload: Buffer): void;
    /** A message over the limit was dropped as it came in; `start` are its first bytes. */
    onOversize(start: Buffer): void;
    /** The peer broke the protocol; close with `code`. */
    onViolation(code: number, reason: string): void;
    /** Asks whether `bytes` more may be held for half-received messages. */
    mayHold(bytes: number): boolean;
}

const MAX_CONTROL_BYTES = 125;
/** Enough of a dropped message to know which document it was for. */
const OVERSIZE_START_BYTES = 600;
/** Messages from this size on come together in one place, and their chunks are freed by hand. */
const LARGE_BYTES = 128 * 1024;

/**
 * Takes a byte stream apart. Messages over `maxMessageBytes` are read past, not buffered, so that one too large edit is
 * refused without ending the connection (stock clients would send it again for ever).
 */
export class FrameReader {
    private readonly handler: FrameHandler;
    private maxMessageBytes: number;
    private pending: Buffer | undefined;
    private ended = false;
    private held = false;

    private opcode = 0;
    private parts: Buffer[] = [];
    private partsLength = 0;
    /** Where a large message comes together instead, once enough of it is here to believe that it comes. */
    private whole: Buffer | undefined;

    private frame:
        { final: boolean; opcode: number; length: number; left: number; mask: number; phase: number; dropped: boolean } | undefined;
    private dropping = false;

    constructor(handler: FrameHandler, maxMessageBytes: number) {
        this.handler = handler;
        this.maxMessageBytes = maxMessageBytes;
    }

    setMaxMessageBytes(bytes: number): void {
        this.maxMessageBytes = bytes;
    }

    /** Bytes held for a message that is not complete. */
    get heldBytes(): number {
        return (this.whole?.length ?? this.partsLength) + (this.pending?.length ?? 0);
    }

    /** Reports nothing until `release`; what was pushed already waits, a chunk at most. */
    hold(): void {
        this.held = true;
    }

    release(): void {
        this.held = false;
        this.push(NOTHING);
    }

    /** No more frames are reported. */
    end(): void {
        this.ended = true;
        this.forget();
        this.pending = undefined;
    }

    push(chunk: Buffer): void {
        let data = this.pending ? Buffer.concat([this.pending, chunk]) : chunk;
        this.pending = undefined;
        while (!this.ended && data.length > 0) {
            if (this.held) {
                this.pending = data;
                return;
            }
            if (this.frame) {
                data = this.readPayload(data);
                continue;
            }
            const used = this.readHeader(data);
            if (used === 0) {
                this.pending = data;
                return;
            }
            data = data.subarray(used);
            if (this.frame && (this.frame as { left: number }).left === 0) {
                this.finishFrame(NOTHING);
            }
        }
    }

    private violation(code: number, reason: string): number {
        this.end();
        this.handler.onViolation(code, reason);
        return 0;
    }

    private readHeader(data: Buffer): number {
        if (data.length < 2) {
            return 0;
        }
        const first = data[0] as number;
        const second = data[1] as number;
        const opcode = first & 0x0f;
        const final = (first & 0x80) !== 0;
        if ((first & 0x70) !== 0) {
            return this.violation(1002, 'reserved bits are set');
        }
        if ((second & 0x80) === 0) {
            return this.violation(1002, 'a frame is not masked');
        }
        let length = second & 0x7f;
        let offset = 2;
        if (length === 126) {
            if (data.length < 4) {
                return 0;
            }
            length = data.readUInt16BE(2);
            offset = 4;
        } else if (length === 127) {
            if (data.length < 10) {
                return 0;
            }
            const high = data.readUInt32BE(2);
            if (high > 0x1fffff) {
                return this.violation(1009, 'a frame is too long');
            }
            length = high * 2 ** 32 + data.readUInt32BE(6);
            offset = 10;
        }
        if (data.length < offset + 4) {
            return 0;
        }
        const control = opcode >= 8;
        if (control ? !final || length > MAX_CONTROL_BYTES || opcode > OPCODE.pong : opcode > OPCODE.binary) {
            return this.violation(1002, 'a frame is not valid');
        }
        const continues = this.opcode !== 0;
        if (!control && (opcode === OPCODE.continuation) !== continues) {
            return this.violation(1002, 'a message is fragmented wrongly');
        }
        let dropped = false;
        if (!control) {
            if (!continues) {
                this.opcode = opcode;
                this.dropping = false;
            }
            const total = this.partsLength + length;
            if (this.dropping || total > this.maxMessageBytes) {
                this.dropping = true;
                dropped = true;
            } else if (length > data.length && !this.handler.mayHold(length)) {
                return this.violation(1013, 'too much is being received at once');
            }
        }
        this.frame = { final, opcode, length, left: length, mask: data.readUInt32BE(offset), phase: 0, dropped };
        return offset + 4;
    }

    private readPayload(data: Buffer): Buffer {
        const frame = this.frame as NonNullable<typeof this.frame>;
        const take = Math.min(frame.left, data.length);
        if (frame.opcode >= 8 && take < frame.left) {
            // Control frames are short: wait for all of it by putting the bytes back.
            this.pending = data;
            return NOTHING;
        }
        const piece = data.subarray(0, take);
        if (!frame.dropped || this.partsLength < OVERSIZE_START_BYTES) {
            unmask(piece, frame.mask, frame.phase);
        }
        const rest = take < data.length ? data.subarray(take) : NOTHING;
        frame.phase = (frame.phase + take) & 3;
        frame.left -= take;
        if (frame.left === 0) {
            this.finishFrame(piece);
        } else {
            this.keep(piece, frame.dropped);
            this.gatherWhole(frame);
        }
        return rest;
    }

    /** Puts what is here of a large message in its final place, so that its chunks can go while the others come. */
    private gatherWhole({ final, opcode, length, dropped }: NonNullable<typeof this.frame>): void {
        const begins = this.partsLength * 4 >= length && length >= LARGE_BYTES;
        if (!final || opcode === OPCODE.continuation || dropped || !(this.whole || begins)) {
            return;
        }
        this.whole ??= Buffer.allocUnsafeSlow(length);
        let offset = this.partsLength - this.parts.reduce((sum, part) => sum + part.length, 0);
        for (const part of this.parts) {
            this.whole.set(part, offset);
            offset += part.length;
            release(part);
        }
        this.parts = [];
    }

    private forget(): void {
        this.parts = [];
        this.partsLength = 0;
        this.whole = undefined;
    }

    private keep(piece: Buffer, dropped: boolean): void {
        if (piece.length === 0) {
            return;
        }
        if (!dropped) {
            this.parts.push(piece);
            this.partsLength += piece.length;
        } else if (this.partsLength < OVERSIZE_START_BYTES) {
            const start = Buffer.from(piece.subarray(0, OVERSIZE_START_BYTES));
            this.parts.push(start);
            this.partsLength += start.length;
        }
    }

    private finishFrame(piece: Buffer): void {
        const frame = this.frame as NonNullable<typeof this.frame>;
        this.frame = undefined;
        if (frame.opcode >= 8) {
            this.handler.onControl(frame.opcode, piece);
            return;
        }
        if (!frame.final) {
            this.keep(piece, frame.dropped);
            return;
        }
        const { opcode } = this;
        this.opcode = 0;
        if (frame.dropped) {
            this.keep(piece, true);
            const start = Buffer.concat(this.parts).subarray(0, OVERSIZE_START_BYTES);
            this.forget();
            this.handler.onOversize(start);
            return;
        }
        if (this.partsLength === 0) {
            this.handler.onMessage(opcode, piece);
            return;
        }
        const { whole } = this;
        whole?.set(piece, this.partsLength);
        const message = whole ?? Buffer.concat([...this.parts, piece]);
        this.forget();
        this.handler.onMessage(opcode, message);
    }
}

const NOTHING = Buffer.alloc(0);

function unmask(data: Buffer, mask: number, phase: number): void {
    const key = [mask >>> 24, (mask >>> 16) & 0xff, (mask >>> 8) & 0xff, mask & 0xff] as const;
    const k0 = key[phase & 3] as number;
    const k1 = key[(phase + 1) & 3] as number;
    const k2 = key[(phase + 2) & 3] as number;
    const k3 = key[(phase + 3) & 3] as number;
    const { length } = data;
    let at = 0;
    for (const end = length - 3; at < end; at += 4) {
        data[at] = (data[at] as number) ^ k0;
        data[at + 1] = (data[at + 1] as number) ^ k1;
        data[at + 2] = (data[at + 2] as number) ^ k2;
        data[at + 3] = (data[at + 3] as number) ^ k3;
    }
    if (at < length) {
        data[at] = (data[at] as number) ^ k0;
    }
    if (at + 1 < length) {
        data[at + 1] = (data[at + 1] as number) ^ k1;
    }
    if (at + 2 < length) {
        data[at + 2] = (data[at + 2] as number) ^ k2;
    }
}
