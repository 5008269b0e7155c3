import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES } from '@tandem/protocol';
import { closeFrame, OPCODE, pingFrame } from './frames.ts';
import { FrameTracker } from './frame-tracker.ts';
import { PongFilter } from './pong-filter.ts';

/** How long a cut waits for the end of the frame that is under way. */
const MID_FRAME_WAIT_MS = 50;
/**
 * How long after its close frame and the end of our side a cut socket may take to go. Nothing passes it any more; torn
 * earlier, a browser that is far away or busy would see 1006 instead of the code and the reason.
 */
const CLOSE_WAIT_MS = 2_000;
/** How long one direction may stay open after the other has ended. */
const HALF_OPEN_WAIT_MS = 5_000;

export interface RelayOptions {
    client: Duplex;
    clientHead: Buffer;
    upstream: Duplex;
    upstreamHead: Buffer;
    /** Whether a sudden end of the upstream is told to the browser with 4500; programs on ports know no such code. */
    tellsCrash: boolean;
    onDidClose(totals: { bytesIn: number; bytesOut: number }): void;
}

type State = 'open' | 'cutting' | 'closing' | 'closed';

/**
 * Pipes an upgraded connection both ways with back-pressure, as it comes, and can still speak to the browser: it puts
 * pings and close frames between two frames of the upstream.
 */
export class WebSocketRelay {
    private readonly options: RelayOptions;
    private readonly toClient: FrameTracker;
    private readonly fromClient: PongFilter;
    private readonly pingPayload = randomBytes(8);
    private state: State = 'open';
    private pendingPing = false;
    private pendingClose: Buffer | undefined;
    private upstreamSaidClose = false;
    private clientSilentPings = 0;
    private readonly timers = new Set<NodeJS.Timeout>();
    private bytesIn = 0;
    private bytesOut = 0;

    constructor(options: RelayOptions) {
        this.options = options;
        this.toClient = new FrameTracker((opcode) => {
            this.upstreamSaidClose ||= opcode === OPCODE.close;
        });
        this.fromClient = new PongFilter(this.pingPayload);
        const { client, upstream } = options;
        for (const stream of [client, upstream]) {
            stream.on('error', () => this.destroy());
        }
        client.on('close', () => this.destroy());
        upstream.on('close', () => this.onUpstreamEnd());
        client.on('end', () => this.onClientEnd());
        upstream.on('end', () => this.onUpstreamEnd());
        client.on('drain', () => upstream.resume());
        upstream.on('drain', () => client.resume());
        client.on('data', (chunk: Buffer) => this.onClientData(chunk));
        upstream.on('data', (chunk: Buffer) => this.onUpstreamData(chunk));
        if (options.clientHead.length > 0) {
            this.onClientData(options.clientHead);
        }
        if (options.upstreamHead.length > 0) {
            this.onUpstreamData(options.upstreamHead);
        }
    }

    /**
     * Ends the connection with a close frame at the next frame boundary, in 50 ms at most. From this moment nothing of the
     * browser reaches the upstream.
     */
    cut(code: number, reason: string): void {
        if (this.state !== 'open') {
            return;
        }
        this.state = 'cutting';
        const frame = closeFrame(code, reason);
        if (this.upstreamSaidClose) {
            this.finishCut(undefined);
        } else if (this.toClient.atBoundary) {
            this.finishCut(frame);
        } else {
            this.pendingClose = frame;
            this.options.upstream.resume();
            this.later(() => this.finishCut(undefined), MID_FRAME_WAIT_MS);
        }
    }

    /**
     * Keeps the line in use, and notices a browser that is gone without saying so.
     *
     * @returns false when the browser has not answered the last two; the connection is then destroyed
     */
    ping(): boolean {
        if (this.state !== 'open') {
            return true;
        }
        const SILENT_PINGS = 2;
        if (this.clientSilentPings >= SILENT_PINGS && !this.options.client.isPaused()) {
            this.destroy();
            return false;
        }
        this.clientSilentPings++;
        if (this.upstreamSaidClose) {
            return true;
        }
        if (this.toClient.atBoundary) {
            this.writePing();
        } else {
            this.pendingPing = true;
        }
        return true;
    }

    destroy(): void {
        if (this.state === 'closed') {
            return;
        }
        this.state = 'closed';
        for (const timer of this.timers) {
            clearTimeout(timer);
        }
        this.options.client.destroy();
        this.options.upstream.destroy();
        this.options.onDidClose({ bytesIn: this.bytesIn, bytesOut: this.bytesOut });
    }

    private onClientData(chunk: Buffer): void {
        this.clientSilentPings = 0;
        if (this.state !== 'open') {
            return;
        }
        const { client, upstream } = this.options;
        this.bytesIn += chunk.length;
        for (const piece of this.fromClient.filter(chunk)) {
            if (upstream.writable && !upstream.write(piece)) {
                client.pause();
            }
        }
    }

    private onUpstreamData(chunk: Buffer): void {
        let offset = 0;
        if (this.state === 'cutting' && this.pendingClose) {
            offset = this.toClient.consume(chunk, 0, true);
            this.write(chunk.subarray(0, offset));
            if (this.toClient.atBoundary) {
                this.finishCut(this.upstreamSaidClose ? undefined : this.pendingClose);
            }
            return;
        }
        if (this.state !== 'open') {
            return;
        }
        this.bytesOut += chunk.length;
        if (this.pendingPing) {
            offset = this.toClient.consume(chunk, 0, true);
            this.write(chunk.subarray(0, offset));
            if (this.toClient.atBoundary && !this.upstreamSaidClose) {
                this.writePing();
            }
        }
        if (offset < chunk.length) {
            const rest = offset === 0 ? chunk : chunk.subarray(offset);
            this.toClient.consume(rest);
            this.write(rest);
        }
    }

    private write(bytes: Buffer): void {
        const { client, upstream } = this.options;
        if (bytes.length > 0 && client.writable && !client.write(bytes)) {
            upstream.pause();
        }
    }

    private writePing(): void {
        this.pendingPing = false;
        this.fromClient.expectPong();
        this.write(pingFrame(this.pingPayload));
    }

    private finishCut(frame: Buffer | undefined): void {
        if (this.state !== 'cutting') {
            return;
        }
        this.state = 'closing';
        this.pendingClose = undefined;
        const { client, upstream } = this.options;
        // Hundreds may be cut in one go: first every browser hears it, then the upstreams are closed.
        setImmediate(() => upstream.destroy());
        if (!client.writable || (frame === undefined && !this.upstreamSaidClose)) {
            this.destroy();
            return;
        }
        client.resume();
        if (frame) {
            client.end(frame);
        } else {
            client.end();
        }
        this.later(() => this.destroy(), CLOSE_WAIT_MS);
    }

    private onClientEnd(): void {
        if (this.state === 'open') {
            this.options.upstream.end();
            this.later(() => this.destroy(), HALF_OPEN_WAIT_MS);
        } else {
            this.destroy();
        }
    }

    private onUpstreamEnd(): void {
        if (this.state === 'cutting') {
            this.finishCut(undefined);
        }
        if (this.state !== 'open') {
            return;
        }
        if (this.options.tellsCrash && !this.upstreamSaidClose && this.toClient.atBoundary) {
            this.state = 'cutting';
            this.finishCut(closeFrame(CLOSE_CODES.transient, 'The workspace ended the connection.'));
            return;
        }
        this.state = 'closing';
        this.options.client.end();
        this.later(() => this.destroy(), HALF_OPEN_WAIT_MS);
    }

    private later(callback: () => void, delayMs: number): void {
        const timer = setTimeout(() => {
            this.timers.delete(timer);
            callback();
        }, delayMs);
        this.timers.add(timer);
    }
}
