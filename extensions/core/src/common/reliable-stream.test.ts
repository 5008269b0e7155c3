import { describe, expect, it } from 'vitest';
import { ReliableStream } from './reliable-stream';

const message = (value: number, length = 1): Uint8Array => new Uint8Array(length).fill(value);

describe('ReliableStream', () => {
    it('sends again exactly what the other side has not received', () => {
        const stream = new ReliableStream(1_000);
        [1, 2, 3, 4].forEach((value) => stream.keep(message(value)));
        expect(stream.acknowledge(2)).toBe(true);
        expect(stream.pending().map((bytes) => bytes[0])).toEqual([3, 4]);
        expect(stream.pendingByteCount).toBe(2);
    });

    it('accepts the same acknowledgement twice and refuses one that goes back or ahead', () => {
        const stream = new ReliableStream(1_000);
        [1, 2, 3].forEach((value) => stream.keep(message(value)));
        expect(stream.acknowledge(2)).toBe(true);
        expect(stream.acknowledge(2)).toBe(true);
        expect(stream.acknowledge(1)).toBe(false);
        expect(stream.acknowledge(4)).toBe(false);
        expect(stream.acknowledge(Number.NaN)).toBe(false);
    });

    it('asks for an acknowledgement after so many messages or bytes', () => {
        const stream = new ReliableStream(1_000, 10, 3);
        expect([stream.receive(1), stream.receive(1), stream.receive(1)]).toEqual([false, false, true]);
        expect(stream.takeAcknowledgement()).toBe(3);
        expect(stream.acknowledgementDue).toBe(false);
        expect(stream.receive(10)).toBe(true);
    });

    it('gives up for good when more is waiting than the limit', () => {
        const stream = new ReliableStream(3);
        stream.keep(message(1, 2));
        stream.keep(message(2, 2));
        expect(stream.overflowed).toBe(true);
        expect(stream.pending()).toEqual([]);
        stream.keep(message(3, 2));
        expect(stream.overflowed).toBe(true);
    });

    it('loses and doubles nothing over a line that drops at random', () => {
        const seed = Number(process.env['TANDEM_TEST_SEED'] ?? 7);
        let state = seed;
        const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
        const rounds = process.env['TANDEM_TEST_SIZE'] === 'full' ? 2_000 : 200;
        const sender = new ReliableStream(1_000_000);
        const receiver = new ReliableStream(1_000_000, 5, 5);
        const arrived: number[] = [];
        let next = 0;
        for (let round = 0; round < rounds; round++) {
            let connected = true;
            const line = [...sender.pending()];
            for (let step = 0; step < 20; step++) {
                const bytes = new Uint8Array(new Uint32Array([next++]).buffer);
                sender.keep(bytes);
                line.push(bytes);
            }
            for (const bytes of line) {
                connected &&= random() > 0.05;
                if (connected) {
                    arrived.push(new DataView(bytes.buffer).getUint32(0, true));
                    if (receiver.receive(bytes.byteLength) && random() > 0.3) {
                        sender.acknowledge(receiver.takeAcknowledgement());
                    }
                }
            }
            expect(sender.acknowledge(receiver.received), `seed ${seed}, round ${round}`).toBe(true);
        }
        expect(arrived, `seed ${seed}`).toEqual(arrived.map((_, index) => index));
        expect(arrived.length + sender.pending().length).toBe(next);
    });
});
