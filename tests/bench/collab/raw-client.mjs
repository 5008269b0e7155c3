import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/**
 * A client that costs the load generator as little as possible: it frames, counts and looks for markers in bytes, and
 * never builds a document. A marker is `~`, five characters of the writer, ten of the time in microseconds, base 36.
 */
const MARKER = 0x7e;
export const MARKER_LENGTH = 16;

export function varUint(value) {
    const bytes = [];
    while (value > 0x7f) {
        bytes.push(0x80 | (value % 0x80));
        value = Math.floor(value / 0x80);
    }
    bytes.push(value);
    return Buffer.from(bytes);
}

export const varBytes = (bytes) => Buffer.concat([varUint(bytes.length), bytes]);
export const nowUs = () => Math.round(performance.now() * 1000);

export function marker(writer, timeUs) {
    return `~${writer.toString(36).padStart(5, '0')}${timeUs.toString(36).padStart(10, '0')}`;
}

function maskedFrame(payload) {
    const { length } = payload;
    const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    const frame = Buffer.alloc(header + 4 + length);
    frame[0] = 0x82;
    if (length < 126) {
        frame[1] = 0x80 | length;
    } else if (length < 65_536) {
        frame[1] = 0xfe;
        frame.writeUInt16BE(length, 2);
    } else {
        frame[1] = 0xff;
        frame.writeUInt32BE(0, 2);
        frame.writeUInt32BE(length, 6);
    }
    // A mask of zeros leaves the payload as it is; servers unmask it all the same.
    payload.copy(frame, header + 4);
    return frame;
}

export class RawClient {
    constructor({ port, room, protocol, writer, onMarker = () => undefined, onAck, onPresenceMarker }) {
        Object.assign(this, { room, protocol, writer, onMarker, onAck, onPresenceMarker });
        this.clientId = 1000 + writer;
        this.clock = 0;
        this.presenceClock = 1;
        this.prefix = protocol === 'y' ? Buffer.alloc(0) : varBytes(Buffer.from(room));
        this.chunks = [];
        this.chunkLength = 0;
        this.needed = 2;
        this.open = false;
        this.synced = false;
        this.step2Bytes = 0;
        this.sentAt = [];
        this.acked = 0;
        this.closed = false;
        this.whenSynced = new Promise((resolve) => (this.resolveSynced = resolve));
        this.whenAcked = undefined;
        this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
        this.socket.on('error', () => undefined);
        this.socket.on('close', () => (this.closed = true));
        this.socket.on('data', (chunk) => this.push(chunk));
    }

    /** @param basePath `/` for y-websocket's own server, `/y/` for ours, the whole path for Hocuspocus framing */
    handshake(basePath) {
        const path = this.protocol === 'y' ? basePath + encodeURIComponent(this.room) : basePath;
        this.socket.write(
            `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
                `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
        );
    }

    push(chunk) {
        this.chunks.push(chunk);
        this.chunkLength += chunk.length;
        if (this.chunkLength < this.needed) {
            return;
        }
        let data = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
        if (!this.open) {
            const end = data.indexOf('\r\n\r\n');
            if (end < 0) {
                return;
            }
            if (!data.subarray(0, 20).includes('101')) {
                throw new Error(data.toString('latin1', 0, 200));
            }
            this.open = true;
            data = data.subarray(end + 4);
            this.opened();
        }
        this.needed = 2;
        while (data.length >= 2) {
            let length = data[1] & 0x7f;
            let offset = 2;
            if (length === 126) {
                offset = 4;
                length = data.length < 4 ? Infinity : data.readUInt16BE(2);
            } else if (length === 127) {
                offset = 10;
                length = data.length < 10 ? Infinity : data.readUInt32BE(2) * 2 ** 32 + data.readUInt32BE(6);
            }
            if (data.length < offset + length) {
                this.needed = length === Infinity ? offset : offset + length;
                break;
            }
            if ((data[0] & 0x0f) === 2) {
                this.message(data.subarray(offset, offset + length));
            } else if ((data[0] & 0x0f) === 9) {
                this.socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
            }
            data = data.subarray(offset + length);
        }
        this.chunks = data.length > 0 ? [data] : [];
        this.chunkLength = data.length;
    }

    opened() {
        if (this.protocol !== 'y') {
            this.send(Buffer.concat([Buffer.from([2, 0]), varBytes(Buffer.alloc(0)), varBytes(Buffer.from('4.0.0'))]));
        }
        this.send(Buffer.from([0, 0, 1, 0]));
    }

    send(body) {
        this.socket.write(maskedFrame(Buffer.concat([this.prefix, body])));
    }

    message(payload) {
        let at = 0;
        if (this.protocol !== 'y') {
            if (payload.length === 1) {
                return;
            }
            at = this.prefix.length;
        }
        const type = payload[at];
        if (type === 0) {
            const subtype = payload[at + 1];
            if (subtype === 0) {
                // Their SyncStep1: we have nothing that they do not.
                this.send(Buffer.from([0, 1, 2, 0, 0]));
                this.sentAt.push(undefined);
                return;
            }
            if (subtype === 1 && !this.synced) {
                this.synced = true;
                this.step2Bytes = payload.length;
                this.resolveSynced();
                return;
            }
            this.scan(payload, at, this.onMarker);
        } else if (type === 1) {
            if (this.onPresenceMarker) {
                this.scan(payload, at, this.onPresenceMarker);
            }
        } else if (type === 8) {
            this.acked++;
            const sent = this.sentAt.shift();
            if (sent !== undefined) {
                this.onAck?.(nowUs() - sent);
            }
            this.whenAcked?.();
        }
    }

    scan(payload, at, found) {
        const now = nowUs();
        for (let index = payload.indexOf(MARKER, at); index >= 0; index = payload.indexOf(MARKER, index + MARKER_LENGTH)) {
            const writer = parseInt(payload.latin1Slice(index + 1, index + 6), 36);
            if (writer !== this.writer) {
                found(now - parseInt(payload.latin1Slice(index + 6, index + 16), 36), writer);
            }
        }
    }

    /** A 16-character insert behind this client's last one. */
    edit(intendedUs) {
        const text = Buffer.from(marker(this.writer, intendedUs));
        const id = varUint(this.clientId);
        const struct =
            this.clock === 0
                ? Buffer.concat([Buffer.from([4, 1]), varBytes(Buffer.from('t'))])
                : Buffer.concat([Buffer.from([0x84]), id, varUint(this.clock - 1)]);
        const update = Buffer.concat([Buffer.from([1, 1]), id, varUint(this.clock), struct, varBytes(text), Buffer.from([0])]);
        this.clock += MARKER_LENGTH;
        this.sentAt.push(intendedUs);
        this.send(Buffer.concat([Buffer.from([0, 2]), varBytes(update)]));
    }

    moveCursor(intendedUs) {
        const state = Buffer.from(
            JSON.stringify({
                user: { name: `Person ${this.writer}`, color: '#2f5fd0' },
                cursor: {
                    anchor: { type: null, tname: 't', item: { client: this.clientId, clock: this.presenceClock } },
                    at: marker(this.writer, intendedUs),
                },
            }),
        );
        const update = Buffer.concat([varUint(1), varUint(this.clientId), varUint(this.presenceClock++), varBytes(state)]);
        this.send(Buffer.concat([Buffer.from([1]), varBytes(update)]));
    }

    close() {
        this.socket.destroy();
    }
}
