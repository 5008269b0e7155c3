/** WebSocket frames that the gateway itself writes (RFC 6455, section 5.2): never masked, at most 125 bytes of payload. */
export const OPCODE = { close: 0x8, ping: 0x9, pong: 0xa } as const;

const FINAL = 0x80;
const MAX_CONTROL_PAYLOAD = 125;

/** A close frame. The reason is cut to what fits, at a character. */
export function closeFrame(code: number, reason: string): Buffer {
    let text = Buffer.from(reason, 'utf8');
    if (text.length > MAX_CONTROL_PAYLOAD - 2) {
        let end = MAX_CONTROL_PAYLOAD - 2;
        while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) {
            end--;
        }
        text = text.subarray(0, end);
    }
    const frame = Buffer.allocUnsafe(4 + text.length);
    frame[0] = FINAL | OPCODE.close;
    frame[1] = 2 + text.length;
    frame.writeUInt16BE(code, 2);
    text.copy(frame, 4);
    return frame;
}

export function pingFrame(payload: Uint8Array): Buffer {
    return Buffer.concat([Buffer.from([FINAL | OPCODE.ping, payload.length]), payload]);
}

/** Length of a frame's header, as far as its second byte tells: 2 to 14. */
export function headerLength(secondByte: number): number {
    const length = secondByte & 0x7f;
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((secondByte & 0x80) !== 0 ? 4 : 0);
}

/** Payload length that a whole frame header tells. */
export function payloadLength(header: Uint8Array): number {
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const length = view.getUint8(1) & 0x7f;
    if (length < 126) {
        return length;
    }
    return length === 126 ? view.getUint16(2) : view.getUint32(2) * 2 ** 32 + view.getUint32(6);
}
