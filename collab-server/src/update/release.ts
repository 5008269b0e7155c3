/**
 * Gives the memory of `bytes` back now, where nothing else is in its buffer; `bytes` is empty afterwards. For large buffers
 * that are done with: a thread that allocates little may not collect them for hours.
 */
export function release(bytes: Uint8Array): void {
    const buffer = bytes.buffer as ArrayBuffer & { transfer(length: number): ArrayBuffer };
    if (bytes.length >= RELEASED_BYTES && buffer.byteLength === bytes.length) {
        buffer.transfer(0);
    }
}

/** Less is not worth the call. */
const RELEASED_BYTES = 16 * 1024;
