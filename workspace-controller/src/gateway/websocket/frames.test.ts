import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FrameTracker } from './frame-tracker.ts';
import { closeFrame, pingFrame } from './frames.ts';
import { PongFilter } from './pong-filter.ts';

/** A frame as either side would send it. */
function frame(opcode: number, payload: Buffer, mask?: Buffer): Buffer {
    const { length } = payload;
    const head = [0x80 | opcode];
    const bit = mask ? 0x80 : 0;
    if (length < 126) {
        head.push(bit | length);
    } else if (length < 65536) {
        head.push(bit | 126, length >> 8, length & 0xff);
    } else {
        head.push(bit | 127, 0, 0, 0, 0, (length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
    }
    const body = mask ? Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))) : payload;
    return Buffer.concat([Buffer.from(head), mask ?? Buffer.alloc(0), body]);
}

function split(bytes: Buffer, largest: number): Buffer[] {
    const pieces: Buffer[] = [];
    for (let offset = 0; offset < bytes.length;) {
        const size = Math.min(randomInt(1, largest + 1), bytes.length - offset);
        pieces.push(bytes.subarray(offset, offset + size));
        offset += size;
    }
    return pieces;
}

describe('following frames', () => {
    it('finds every end, however the bytes are cut', () => {
        const frames = [0, 1, 125, 126, 127, 65535, 65536, 70000].flatMap((length) => [
            frame(2, randomBytes(length)),
            frame(1, randomBytes(length), randomBytes(4)),
        ]);
        for (const largest of [1, 3, 1000, 1_000_000]) {
            const ends: number[] = [];
            let consumed = 0;
            const tracker = new FrameTracker();
            for (const piece of split(Buffer.concat(frames), largest)) {
                let offset = 0;
                while (offset < piece.length) {
                    offset = tracker.consume(piece, offset, true);
                    if (tracker.atBoundary) {
                        ends.push(consumed + offset);
                    }
                }
                consumed += piece.length;
            }
            let sum = 0;
            expect(ends).toEqual(frames.map((one) => (sum += one.length)));
        }
    });

    it('tells the kind of the frame that ended', () => {
        const kinds: number[] = [];
        new FrameTracker((opcode) => kinds.push(opcode)).consume(
            Buffer.concat([frame(2, randomBytes(300)), closeFrame(4401, 'x'), frame(9, Buffer.alloc(0))]),
        );
        expect(kinds).toEqual([2, 8, 9]);
    });

    it('cuts a long reason at a character', () => {
        const made = closeFrame(4401, 'ü'.repeat(100));
        expect(made[1]).toBeLessThanOrEqual(125);
        expect(made.subarray(4).toString('utf8')).toBe('ü'.repeat(61));
        expect(made.readUInt16BE(2)).toBe(4401);
    });
});

describe('answers to our own pings', () => {
    const token = randomBytes(8);
    const ours = (): Buffer => frame(0xa, token, randomBytes(4));

    it('are taken out, and nothing else is', () => {
        const others = [
            frame(1, Buffer.from('text'), randomBytes(4)),
            frame(0xa, randomBytes(8), randomBytes(4)),
            frame(0xa, Buffer.alloc(0), randomBytes(4)),
            frame(2, randomBytes(70_000), randomBytes(4)),
            frame(8, Buffer.from([3, 232]), randomBytes(4)),
        ];
        for (const largest of [1, 2, 5, 100, 100_000]) {
            const filter = new PongFilter(token);
            filter.expectPong();
            filter.expectPong();
            filter.expectPong();
            const stream = Buffer.concat([ours(), ...others.slice(0, 2), ours(), ...others.slice(2), ours()]);
            const passed = split(stream, largest).flatMap((piece) => filter.filter(piece));
            expect(Buffer.concat(passed).equals(Buffer.concat(others))).toBe(true);
        }
    });

    it('pass when no ping of ours is open', () => {
        const filter = new PongFilter(token);
        const pong = ours();
        expect(Buffer.concat(filter.filter(pong)).equals(pong)).toBe(true);
    });

    it('do not confuse a frame that only begins like one', () => {
        const filter = new PongFilter(token);
        filter.expectPong();
        const odd = frame(0xa, randomBytes(300), randomBytes(4));
        const after = frame(1, Buffer.from('x'), randomBytes(4));
        const passed = split(Buffer.concat([odd, after, ours()]), 7).flatMap((piece) => filter.filter(piece));
        expect(Buffer.concat(passed).equals(Buffer.concat([odd, after]))).toBe(true);
    });

    it('read the ping that is sent', () => {
        expect(pingFrame(token)).toEqual(Buffer.concat([Buffer.from([0x89, 8]), token]));
    });
});
