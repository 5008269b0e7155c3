/** A growing buffer with lib0's number encoding. */
export class ByteWriter {
    private buffer: Buffer;
    length = 0;

    constructor(capacity = 64) {
        this.buffer = Buffer.allocUnsafeSlow(capacity);
    }

    uint(value: number): void {
        this.reserve(8);
        while (value > 0x7f) {
            this.buffer[this.length++] = 0x80 | (value % 0x80);
            value = Math.floor(value / 0x80);
        }
        this.buffer[this.length++] = value;
    }

    byte(value: number): void {
        this.reserve(1);
        this.buffer[this.length++] = value;
    }

    bytes(value: Uint8Array): void {
        this.reserve(value.length);
        this.buffer.set(value, this.length);
        this.length += value.length;
    }

    string(value: string): void {
        const length = Buffer.byteLength(value);
        this.uint(length);
        this.reserve(length);
        this.length += this.buffer.write(value, this.length);
    }

    /** The bytes written so far, without a copy. Write no more afterwards. */
    finish(): Buffer {
        return this.buffer.subarray(0, this.length);
    }

    private reserve(more: number): void {
        const wanted = this.length + more;
        if (wanted > this.buffer.length) {
            const grown = Buffer.allocUnsafeSlow(Math.max(wanted, Math.ceil(this.buffer.length * 1.5)));
            grown.set(this.buffer.subarray(0, this.length));
            this.buffer = grown;
        }
    }
}

/** How many bytes `value` takes as a lib0 varUint. */
export function uintLength(value: number): number {
    let length = 1;
    while (value > 0x7f) {
        value = Math.floor(value / 0x80);
        length++;
    }
    return length;
}

/** The same bytes as a `Buffer`, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
