import { headerLength, OPCODE, payloadLength } from './frames.ts';
import { FrameTracker } from './frame-tracker.ts';

const MAX_CONTROL_FRAME = 2 + 4 + 125;

/**
 * Takes the answers to our own pings out of what a browser sends, so that the program behind the gateway sees exactly
 * what it would without it. Everything else passes as it came.
 */
export class PongFilter {
    private readonly tracker: FrameTracker;
    private readonly token: Uint8Array;
    /** A frame that may be an answer to us, as far as it has come. */
    private held: Buffer | undefined;
    private expected = 0;

    /** @param token payload of our pings */
    constructor(token: Uint8Array, onDidEndFrame?: (opcode: number) => void) {
        this.token = token;
        this.tracker = new FrameTracker(onDidEndFrame);
    }

    /** To be called with every ping that is sent. */
    expectPong(): void {
        this.expected++;
    }

    /** The pieces of `chunk` that go on. */
    filter(chunk: Buffer): Buffer[] {
        if (this.expected === 0 && this.held === undefined) {
            this.tracker.consume(chunk);
            return [chunk];
        }
        const pieces: Buffer[] = [];
        let passedTo = 0;
        let offset = 0;
        while (offset < chunk.length) {
            if (this.held === undefined && !(this.tracker.atBoundary && this.looksLikePong(chunk[offset] ?? 0))) {
                offset = this.tracker.consume(chunk, offset, true);
                continue;
            }
            pieces.push(chunk.subarray(passedTo, offset));
            const taken = this.hold(chunk, offset);
            offset += taken;
            passedTo = offset;
            const verdict = this.judge();
            if (verdict !== undefined) {
                pieces.push(verdict);
            }
        }
        pieces.push(chunk.subarray(passedTo));
        return pieces.filter((piece) => piece.length > 0);
    }

    private looksLikePong(firstByte: number): boolean {
        return this.expected > 0 && firstByte === (0x80 | OPCODE.pong);
    }

    /** Takes as many bytes as belong to the held frame. */
    private hold(chunk: Buffer, offset: number): number {
        const before = this.held ?? Buffer.alloc(0);
        let wanted = 2;
        let frame = before;
        // Two rounds: first the two bytes that tell the length, then the rest.
        for (let round = 0; round < 2; round++) {
            const already = frame.length - before.length;
            frame = Buffer.concat([before, chunk.subarray(offset, offset + Math.max(already, wanted - before.length))]);
            if (frame.length < wanted) {
                break;
            }
            wanted = frameLength(frame);
            if (wanted > MAX_CONTROL_FRAME) {
                break;
            }
        }
        this.held = frame;
        return frame.length - before.length;
    }

    /** What of the held frame goes on; undefined when it is not whole yet or was ours. */
    private judge(): Buffer | undefined {
        const frame = this.held;
        if (frame === undefined || frame.length < 2) {
            return undefined;
        }
        const whole = frameLength(frame);
        if (whole <= MAX_CONTROL_FRAME && frame.length < whole) {
            return undefined;
        }
        this.held = undefined;
        if (whole === frame.length && this.isOurs(frame)) {
            this.expected--;
            return undefined;
        }
        this.tracker.consume(frame);
        return frame;
    }

    private isOurs(frame: Buffer): boolean {
        const masked = ((frame[1] ?? 0) & 0x80) !== 0;
        if (!masked || ((frame[1] ?? 0) & 0x7f) !== this.token.length) {
            return false;
        }
        const mask = frame.subarray(2, 6);
        return this.token.every((byte, index) => ((frame[6 + index] ?? 0) ^ (mask[index % 4] ?? 0)) === byte);
    }
}

/** Length of the whole frame; a control frame never has a longer length field, so one that has is no pong of ours. */
function frameLength(frame: Buffer): number {
    const second = frame[1] ?? 0;
    return (second & 0x7f) > 125 ? Infinity : headerLength(second) + payloadLength(frame.subarray(0, 2));
}
