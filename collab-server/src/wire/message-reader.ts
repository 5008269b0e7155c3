/** The client broke the protocol. */
export class ProtocolViolation extends Error {
    constructor(message: string) {
        super(message);
        this.name = 'ProtocolViolation';
    }
}

/** A cursor over one message. Values are views of the message, not copies. Throws `ProtocolViolation` at its end. */
export class MessageReader {
    private position = 0;
    private readonly bytes: Buffer;

    constructor(bytes: Buffer) {
        this.bytes = bytes;
    }

    get isAtEnd(): boolean {
        return this.position >= this.bytes.length;
    }

    uint(): number {
        let value = 0;
        let factor = 1;
        while (this.position < this.bytes.length) {
            const next = this.bytes[this.position++] as number;
            value += (next & 0x7f) * factor;
            if (value > Number.MAX_SAFE_INTEGER) {
                break;
            }
            if (next < 0x80) {
                return value;
            }
            factor *= 0x80;
        }
        throw new ProtocolViolation('a message is cut off');
    }

    value(): Buffer {
        const length = this.uint();
        if (length > this.bytes.length - this.position) {
            throw new ProtocolViolation('a message is cut off');
        }
        this.position += length;
        return this.bytes.subarray(this.position - length, this.position);
    }

    /** Everything that was not read. */
    rest(): Buffer {
        return this.bytes.subarray(this.position);
    }

    string(): string {
        return this.value().toString('utf8');
    }
}
