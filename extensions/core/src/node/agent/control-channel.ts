import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import {
    CLOSE_CODES,
    CONTROLLER_LOST_MS,
    MAX_CONTROL_MESSAGE_BYTES,
    decodeControllerMessage,
    type ControllerMessage,
    type WorkspaceMessage,
} from '@tandem/protocol';

const PING_PERIOD_MS = 25_000;

export interface ControlChannelOptions {
    hello: () => WorkspaceMessage;
    onMessage: (message: ControllerMessage) => void;
    /** No controller was there for `lostAfterMs`. */
    onLost: () => void;
    log: (text: string) => void;
    lostAfterMs?: number;
}

/** The workspace's end of the control socket. At most one is live; a newer one replaces an older one. */
export class ControlChannel {
    private readonly options: ControlChannelOptions;
    private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_CONTROL_MESSAGE_BYTES });
    private socket: WebSocket | undefined;
    private heard = true;
    private lost: NodeJS.Timeout | undefined;
    private readonly pings: NodeJS.Timeout;

    constructor(options: ControlChannelOptions) {
        this.options = options;
        this.pings = setInterval(() => this.ping(), PING_PERIOD_MS);
        this.pings.unref();
        this.startWaiting();
    }

    get connected(): boolean {
        return this.socket !== undefined;
    }

    /** Takes over an upgrade whose identity is the controller's. */
    accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
        this.server.handleUpgrade(request, socket, head, (webSocket) => this.use(webSocket));
    }

    /** @returns false when no controller is there; what matters is told again at its next `hello` */
    send(message: WorkspaceMessage): boolean {
        if (this.socket === undefined || this.socket.readyState !== this.socket.OPEN) {
            return false;
        }
        this.socket.send(JSON.stringify(message));
        return true;
    }

    dispose(): void {
        clearInterval(this.pings);
        clearTimeout(this.lost);
        this.socket?.close(CLOSE_CODES.goingAway);
        this.socket = undefined;
    }

    private use(webSocket: WebSocket): void {
        this.socket?.close(1000, 'replaced by a newer control socket');
        this.socket = webSocket;
        this.heard = true;
        clearTimeout(this.lost);
        webSocket.on('message', (data) => this.receive(String(data)));
        webSocket.on('pong', () => (this.heard = true));
        webSocket.on('error', (error) => this.options.log(`control socket: ${error.message}`));
        webSocket.on('close', () => {
            if (this.socket === webSocket) {
                this.socket = undefined;
                this.startWaiting();
            }
        });
        this.send(this.options.hello());
    }

    private receive(frame: string): void {
        this.heard = true;
        try {
            const message = decodeControllerMessage(frame);
            if (message?.type === 'ping') {
                this.send({ type: 'pong' });
            } else if (message !== undefined) {
                this.options.onMessage(message);
            }
        } catch (error) {
            this.options.log(`control message ignored: ${error instanceof Error ? error.message : String(error)}`);
        }
    }

    private ping(): void {
        if (this.socket === undefined) {
            return;
        }
        if (!this.heard) {
            this.socket.terminate();
            return;
        }
        this.heard = false;
        this.socket.ping();
    }

    private startWaiting(): void {
        clearTimeout(this.lost);
        this.lost = setTimeout(() => this.options.onLost(), this.options.lostAfterMs ?? CONTROLLER_LOST_MS);
        this.lost.unref();
    }
}
