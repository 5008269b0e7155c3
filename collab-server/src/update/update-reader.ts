import { isUtf8 } from 'node:buffer';

/** The bytes are no Yjs update, or one that would break a client. */
export class InvalidUpdate extends Error {
    constructor(message: string) {
        super(message);
        this.name = 'InvalidUpdate';
    }
}

/** Nesting that a legitimate document never reaches; deeper values overflow the stack of clients. */
const MAX_DEPTH = 64;

/**
 * A cursor over lib0-encoded bytes that skips values without building them. Every method throws `InvalidUpdate` where
 * lib0's decoder would throw at a client.
 *
 * @see https://github.com/dmonad/lib0/blob/main/decoding.js
 */
export class UpdateReader {
    position = 0;
    readonly bytes: Uint8Array;

    constructor(bytes: Uint8Array) {
        this.bytes = bytes;
    }

    byte(): number {
        if (this.position >= this.bytes.length) {
            throw new InvalidUpdate('the update ends too early');
        }
        return this.bytes[this.position++] as number;
    }

    uint(): number {
        const { bytes } = this;
        let value = bytes[this.position++] as number;
        if (value < 0x80) {
            return value;
        }
        value &= 0x7f;
        let factor = 0x80;
        while (this.position < bytes.length) {
            const next = bytes[this.position++] as number;
            value += (next & 0x7f) * factor;
            if (next < 0x80) {
                if (value > Number.MAX_SAFE_INTEGER) {
                    break;
                }
                return value;
            }
            factor *= 0x80;
            if (value > Number.MAX_SAFE_INTEGER) {
                break;
            }
        }
        throw new InvalidUpdate('a number is cut off or too large');
    }

    skip(length: number): void {
        if (length > this.bytes.length - this.position) {
            throw new InvalidUpdate('a value is longer than the update');
        }
        this.position += length;
    }

    /** Skips a string and returns its length in UTF-16 code units, which is how Yjs counts. */
    string(): number {
        const length = this.uint();
        const start = this.position;
        this.skip(length);
        const { bytes } = this;
        const end = this.position;
        let at = start;
        while (at < end && (bytes[at] as number) < 0x80) {
            at++;
        }
        if (at === end) {
            return length;
        }
        if (!isUtf8(bytes.subarray(at, end))) {
            throw new InvalidUpdate('a string is not UTF-8');
        }
        let units = at - start;
        for (; at < end; at++) {
            const value = bytes[at] as number;
            if (value < 0x80 || value >= 0xc0) {
                units += value >= 0xf0 ? 2 : 1;
            }
        }
        return units;
    }

    /** Skips a string that holds JSON. */
    json(allowUndefined: boolean): void {
        const start = this.position;
        this.string();
        const lengthReader = new UpdateReader(this.bytes.subarray(start, this.position));
        lengthReader.uint();
        const text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start + lengthReader.position).subarray(
            0,
            this.position - start - lengthReader.position,
        );
        if (allowUndefined && text.equals(UNDEFINED)) {
            return;
        }
        let depth = 0;
        for (const character of text) {
            if (character === 0x5b || character === 0x7b) {
                if (++depth > MAX_DEPTH * 8) {
                    throw new InvalidUpdate('a value is nested too deeply');
                }
            }
        }
        try {
            JSON.parse(text.toString('utf8'));
        } catch {
            throw new InvalidUpdate('a value is not JSON');
        }
    }

    /** Skips one lib0 "any" value. */
    any(depth = 0): void {
        if (depth > MAX_DEPTH) {
            throw new InvalidUpdate('a value is nested too deeply');
        }
        const type = this.byte();
        switch (type) {
            case 127:
            case 126:
            case 121:
            case 120:
                return;
            case 125:
                this.varInt();
                return;
            case 124:
                return this.skip(4);
            case 123:
            case 122:
                return this.skip(8);
            case 119:
                this.string();
                return;
            case 118:
                for (let left = this.uint(); left > 0; left--) {
                    this.string();
                    this.any(depth + 1);
                }
                return;
            case 117:
                for (let left = this.uint(); left > 0; left--) {
                    this.any(depth + 1);
                }
                return;
            case 116:
                return this.skip(this.uint());
            default:
                throw new InvalidUpdate(`unknown value type ${type}`);
        }
    }

    private varInt(): void {
        let value = this.byte();
        let total = value & 0x3f;
        let factor = 0x40;
        while (value >= 0x80) {
            value = this.byte();
            total += (value & 0x7f) * factor;
            factor *= 0x80;
            if (total > Number.MAX_SAFE_INTEGER) {
                throw new InvalidUpdate('a number is too large');
            }
        }
    }
}

const UNDEFINED = Buffer.from('undefined');
