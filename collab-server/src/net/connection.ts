import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createHash } from 'node:crypto';
import type { Limits } from '../limits.ts';
import { FrameReader, OPCODE, frameOf, type FrameHandler } from './web-socket-frames.ts';

const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE_GRACE_MS = 1_000;

/** What a connection does with what it receives. */
export interface ConnectionHandler {
    onMessage(payload: Buffer): void;
    /** A message over the limit was dropped; `start` are its first bytes. */
    onOversize(start: Buffer): void;
    /** Everything that was buffered has gone out. */
    onDrain(): void;
    /** Called once, however the socket ended. */
    onClose(): void;
}

/** Bytes that all connections hold for half-received messages. */
export class InboundBudget {
    heldBytes = 0;
    readonly maximumBytes: number;

    constructor(maximumBytes: number) {
        this.maximumBytes = maximumBytes;
    }
}

/** Answers a WebSocket handshake. Returns false, with the answer written, when it is none. @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2 */
export function acceptHandshake(request: IncomingMessage, socket: Duplex, protocol: string | undefined): boolean {
    const key = request.headers['sec-websocket-key'];
    const version = request.headers['sec-websocket-version'];
    if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket' || !key || !/^[+/0-9A-Za-z]{22}==$/.test(key)) {
        refuseUpgrade(socket, 400, 'This is no WebSocket handshake.');
        return false;
    }
    if (version !== '13') {
        refuseUpgrade(socket, 426, 'Use WebSocket version 13.', { 'Sec-WebSocket-Version': '13' });
        return false;
    }
    const accept = createHash('sha1')
        .update(key + ACCEPT_GUID)
        .digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    if (protocol !== undefined) {
        lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    }
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return true;
}

/** Ends an upgrade with an HTTP answer. */
export function refuseUpgrade(socket: Duplex, status: number, message: string, headers: Record<string, string> = {}): void {
    const reasons: Record<number, string> = {
        400: 'Bad Request',
        401: 'Unauthorized',
        403: 'Forbidden',
        404: 'Not Found',
        426: 'Upgrade Required',
        429: 'Too Many Requests',
        503: 'Service Unavailable',
    };
    const body = `${message}\n`;
    const lines = [
        `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}`,
        'Connection: close',
        'Content-Type: text/plain; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.on('error', () => socket.destroy());
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** One accepted WebSocket: whole messages in, prepared frames out, with the sums that back-pressure needs. */
export class Connection implements FrameHandler {
    lastReceivedAt: number;
    lastSentAt: number;
    /** How far over the hard limit the buffer may be, for a document that was just sent to a joiner. */
    private allowanceBytes = 0;
    private stalledSince: number | undefined;
    private stalledAtBytes = 0;
    private readonly socket: Duplex;
    private readonly reader: FrameReader;
    private readonly limits: Limits;
    private readonly budget: InboundBudget;
    private readonly now: () => number;
    private handler: ConnectionHandler | undefined;
    private heldBytes = 0;
    private closing = false;
    private closed = false;
    private pausedReasons = 0;
    private waitsForDrain = false;
    bytesIn = 0;
    bytesOut = 0;

    constructor(socket: Duplex, options: { limits: Limits; budget: InboundBudget; now: () => number; maxMessageBytes: number }) {
        this.socket = socket;
        this.limits = options.limits;
        this.budget = options.budget;
        this.now = options.now;
        this.lastReceivedAt = this.lastSentAt = options.now();
        this.reader = new FrameReader(this, options.maxMessageBytes);
        const tcp = socket as Duplex & { setNoDelay?: (on: boolean) => void; setTimeout?: (ms: number) => void };
        tcp.setTimeout?.(0);
        tcp.setNoDelay?.(true);
        // Nothing is read before `attach`: what a client sends meanwhile stays in the kernel.
        socket.pause();
        socket.on('data', (chunk: Buffer) => this.receive(chunk));
        socket.on('drain', () => this.drained());
        socket.on('error', () => socket.destroy());
        socket.on('end', () => socket.end());
        socket.on('close', () => this.finish());
    }

    /** Begins to read and deliver. */
    attach(handler: ConnectionHandler, head?: Buffer): void {
        if (!this.isOpen) {
            handler.onClose();
            return;
        }
        this.handler = handler;
        if (head && head.length > 0) {
            this.receive(head);
        }
        if (this.pausedReasons === 0) {
            this.socket.resume();
        }
    }

    setMaxMessageBytes(bytes: number): void {
        this.reader.setMaxMessageBytes(bytes);
    }

    get bufferedBytes(): number {
        return this.socket.writableLength;
    }

    get isOpen(): boolean {
        return !this.closing && !this.closed;
    }

    /** Stops reading; counts, so that each reason resumes for itself. */
    pause(): void {
        if (this.pausedReasons++ === 0) {
            this.reader.hold();
            this.socket.pause();
        }
    }

    resume(): void {
        if (--this.pausedReasons === 0) {
            // Not from within: the caller may be in the middle of a message.
            setImmediate(() => this.goOn());
        }
    }

    private goOn(): void {
        if (this.pausedReasons > 0 || !this.handler) {
            return;
        }
        this.reader.release();
        this.countHeld();
        if (this.pausedReasons === 0 && this.handler) {
            this.socket.resume();
        }
    }

    /** Sends a prepared frame. Over the hard limit the connection is closed with 1013 instead. */
    send(frame: Buffer): void {
        if (this.closing || this.closed) {
            return;
        }
        this.lastSentAt = this.now();
        this.bytesOut += frame.length;
        if (!this.socket.write(frame)) {
            this.checkBuffer();
        }
    }

    /** Sends a frame whose large payload is shared with other sockets and not copied. */
    sendParts(start: Buffer, payload: Buffer): void {
        if (this.closing || this.closed) {
            return;
        }
        this.lastSentAt = this.now();
        this.bytesOut += start.length + payload.length;
        this.allowanceBytes = Math.max(this.allowanceBytes, this.bufferedBytes + payload.length);
        this.socket.cork();
        this.socket.write(start);
        this.socket.write(payload);
        this.socket.uncork();
        this.checkBuffer();
    }

    /** Sends a close frame and ends the socket; the peer has a second to answer. */
    close(code: number, reason: string): void {
        if (this.closing || this.closed) {
            return;
        }
        this.closing = true;
        this.reader.end();
        const text = Buffer.from(reason).subarray(0, 120);
        const payload = Buffer.allocUnsafe(2 + text.length);
        payload.writeUInt16BE(code, 0);
        payload.set(text, 2);
        this.socket.write(frameOf(OPCODE.close, payload));
        this.socket.end();
        const timer = setTimeout(() => this.socket.destroy(), CLOSE_GRACE_MS);
        this.socket.once('close', () => clearTimeout(timer));
        // Reading on lets the peer's own close frame arrive instead of a reset.
        this.socket.resume();
        this.handler?.onClose();
        this.handler = undefined;
    }

    /** Ends the socket at once. */
    destroy(): void {
        this.socket.destroy();
    }

    ping(): void {
        if (this.isOpen) {
            this.socket.write(PING);
        }
    }

    /** Closes a peer that takes no data, or is gone. Called on a slow beat. */
    checkLiveness(now: number): void {
        const buffered = this.bufferedBytes;
        if (buffered > 0 && this.stalledSince !== undefined && buffered >= this.stalledAtBytes) {
            if (now - this.stalledSince > this.limits.stalledSocketMs) {
                this.overflow();
                return;
            }
        } else {
            this.stalledSince = buffered > 0 ? now : undefined;
            this.stalledAtBytes = buffered;
        }
        if (now - this.lastReceivedAt > this.limits.deadPeerMs && this.pausedReasons === 0) {
            this.destroy();
        }
    }

    onMessage(opcode: number, payload: Buffer): void {
        if (opcode === OPCODE.text) {
            this.close(1003, 'only binary messages are spoken here');
            return;
        }
        this.handler?.onMessage(payload);
    }

    onControl(opcode: number, payload: Buffer): void {
        if (opcode === OPCODE.ping) {
            // A peer that pings but does not read must not make us buffer its pongs.
            if (this.bufferedBytes < this.limits.softBufferBytes) {
                this.socket.write(frameOf(OPCODE.pong, payload));
            }
        } else if (opcode === OPCODE.close) {
            this.close(payload.length >= 2 && isSendableCode(payload.readUInt16BE(0)) ? payload.readUInt16BE(0) : 1000, '');
        }
    }

    onOversize(start: Buffer): void {
        this.handler?.onOversize(start);
    }

    onViolation(code: number, reason: string): void {
        this.close(code, reason);
    }

    mayHold(bytes: number): boolean {
        return this.budget.heldBytes + bytes <= this.budget.maximumBytes;
    }

    private receive(chunk: Buffer): void {
        if (!this.handler) {
            return;
        }
        this.lastReceivedAt = this.now();
        this.bytesIn += chunk.length;
        this.reader.push(chunk);
        this.countHeld();
    }

    private countHeld(): void {
        const held = this.closed ? 0 : this.reader.heldBytes;
        this.budget.heldBytes += held - this.heldBytes;
        this.heldBytes = held;
    }

    private checkBuffer(): void {
        if (this.bufferedBytes > this.limits.hardBufferBytes + this.allowanceBytes) {
            this.overflow();
        } else if (this.bufferedBytes > this.limits.middleBufferBytes && !this.waitsForDrain) {
            // Who does not take our answers gets no more of them.
            this.waitsForDrain = true;
            this.pause();
        }
    }

    private overflow(): void {
        this.close(1013, 'too slow: reconnect to catch up');
    }

    private drained(): void {
        this.allowanceBytes = 0;
        this.stalledSince = undefined;
        if (this.waitsForDrain) {
            this.waitsForDrain = false;
            this.resume();
        }
        this.handler?.onDrain();
    }

    private finish(): void {
        if (this.closed) {
            return;
        }
        this.closed = true;
        this.reader.end();
        this.budget.heldBytes -= this.heldBytes;
        this.heldBytes = 0;
        this.handler?.onClose();
        this.handler = undefined;
    }
}

const PING = frameOf(OPCODE.ping);

function isSendableCode(code: number): boolean {
    return (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
}
