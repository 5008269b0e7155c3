import * as prng from 'lib0/prng';
import { describe, expect, it } from 'vitest';
import { FrameReader, OPCODE, frameOf } from './web-socket-frames.ts';

function record(maximum = 1_000_000) {
    const events: unknown[] = [];
    const reader = new FrameReader(
        {
            onMessage: (opcode, payload) => events.push(['message', opcode, Buffer.from(payload)]),
            onControl: (opcode, payload) => events.push(['control', opcode, Buffer.from(payload)]),
            onOversize: (start) => events.push(['oversize', start.length]),
            onViolation: (code) => events.push(['violation', code]),
            mayHold: () => true,
        },
        maximum,
    );
    return { events, reader };
}

/** A client's frame: as ours, but masked. */
function clientFrame(payload: Buffer, options: { opcode?: number; fin?: boolean } = {}): Buffer {
    const plain = frameOf(options.opcode ?? OPCODE.binary, payload);
    const start = plain.length - payload.length;
    plain[0] = (plain[0] as number) & (options.fin === false ? 0x7f : 0xff);
    plain[1] = (plain[1] as number) | 0x80;
    const mask = [0x12, 0xfe, 0x80, 0x07] as const;
    const masked = Buffer.from(payload).map((byte, index) => byte ^ (mask[index & 3] as number));
    return Buffer.concat([plain.subarray(0, start), Buffer.from(mask), masked]);
}

describe('reading frames', () => {
    it('[W1] gives every message whole, however the stream is cut', () => {
        for (let seed = 1; seed <= 40; seed++) {
            const random = prng.create(seed);
            const stream: Buffer[] = [];
            const wanted: unknown[] = [];
            for (let index = 0; index < 12; index++) {
                const payload = Buffer.from(prng.uint8Array(random, prng.oneOf(random, [0, 1, 5, 125, 126, 300, 70_000])));
                switch (prng.int32(random, 0, 3)) {
                    case 0: {
                        const at = prng.int32(random, 0, payload.length);
                        stream.push(clientFrame(payload.subarray(0, at), { fin: false }));
                        stream.push(clientFrame(Buffer.from('x'), { opcode: OPCODE.ping }));
                        stream.push(clientFrame(payload.subarray(at), { opcode: OPCODE.continuation }));
                        wanted.push(['control', OPCODE.ping, Buffer.from('x')], ['message', OPCODE.binary, payload]);
                        break;
                    }
                    default:
                        stream.push(clientFrame(payload));
                        wanted.push(['message', OPCODE.binary, payload]);
                }
            }
            const bytes = Buffer.concat(stream);
            const { events, reader } = record();
            for (let at = 0; at < bytes.length;) {
                const size = prng.int32(random, 1, prng.bool(random) ? 7 : 40_000);
                reader.push(Buffer.from(bytes.subarray(at, at + size)));
                at += size;
            }
            expect(events, `seed ${seed}`).toEqual(wanted);
        }
    });

    it('[W2] reads past a message over the limit, without holding it, and goes on', () => {
        const { events, reader } = record(1_000);
        const bytes = Buffer.concat([clientFrame(Buffer.alloc(50_000)), clientFrame(Buffer.from('next'))]);
        for (let at = 0; at < bytes.length; at += 999) {
            reader.push(Buffer.from(bytes.subarray(at, at + 999)));
            expect(reader.heldBytes).toBeLessThan(2_100);
        }
        expect(events).toEqual([
            ['oversize', 600],
            ['message', OPCODE.binary, Buffer.from('next')],
        ]);
    });

    it('[W3] ends on what no client may send', () => {
        for (const bytes of [
            frameOf(OPCODE.binary, Buffer.from('unmasked')),
            Buffer.from([0xf2, 0x80, 0, 0, 0, 0]),
            clientFrame(Buffer.alloc(0), { opcode: OPCODE.continuation }),
            Buffer.from([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]),
            Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
            Buffer.from([0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ]) {
            const { events, reader } = record();
            reader.push(Buffer.from(bytes));
            reader.push(clientFrame(Buffer.from('after')));
            expect(events).toHaveLength(1);
            expect((events[0] as unknown[])[0]).toBe('violation');
        }
    });
});
