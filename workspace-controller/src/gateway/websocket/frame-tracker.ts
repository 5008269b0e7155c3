import { headerLength, payloadLength } from './frames.ts';

/**
 * Follows a stream of WebSocket frames without touching it, to know where one ends: only there may a control frame be
 * put in. Reads nothing but frame headers.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export class FrameTracker {
    private readonly header = Buffer.alloc(14);
    private headerBytes = 0;
    private payloadRemaining = 0;
    private currentOpcode = 0;
    private readonly onDidEndFrame: ((opcode: number) => void) | undefined;

    constructor(onDidEndFrame?: (opcode: number) => void) {
        this.onDidEndFrame = onDidEndFrame;
    }

    /** Whether everything consumed so far is whole frames. */
    get atBoundary(): boolean {
        return this.headerBytes === 0 && this.payloadRemaining === 0;
    }

    /**
     * Consumes bytes of `chunk` from `start`.
     *
     * @param untilBoundary stop at the first end of a frame
     * @returns offset after the last byte consumed
     */
    consume(chunk: Uint8Array, start = 0, untilBoundary = false): number {
        let offset = start;
        while (offset < chunk.length) {
            if (this.payloadRemaining > 0) {
                const taken = Math.min(this.payloadRemaining, chunk.length - offset);
                this.payloadRemaining -= taken;
                offset += taken;
            } else {
                this.consumeHeaderByte(chunk[offset] ?? 0);
                offset++;
            }
            if (this.atBoundary) {
                this.onDidEndFrame?.(this.currentOpcode);
                if (untilBoundary) {
                    break;
                }
            }
        }
        return offset;
    }

    private consumeHeaderByte(byte: number): void {
        this.header[this.headerBytes++] = byte;
        if (this.headerBytes >= 2 && this.headerBytes === headerLength(this.header[1] ?? 0)) {
            this.currentOpcode = (this.header[0] ?? 0) & 0x0f;
            this.payloadRemaining = payloadLength(this.header);
            this.headerBytes = 0;
        }
    }
}
