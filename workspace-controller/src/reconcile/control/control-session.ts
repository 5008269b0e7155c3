import { WebSocket, type RawData } from 'ws';
import {
    CONTROL_PATH,
    decodeWorkspaceMessage,
    IDENTITY_HEADER,
    MAX_CONTROL_MESSAGE_BYTES,
    type ControllerMessage,
    type WorkspaceMessage,
} from '@tandem/protocol';
import { systemClock, type Clock, type Logger, type Timer } from '@tandem/server-kit';
import type { ControlTokenMinter } from '../../events.ts';
import type { Boot } from '../../runtime/workspace-runtime.ts';
import { backoffDelayMs } from '../runtime/backoff.ts';

export interface ControlSessionOptions {
    uid: string;
    boot: Boot;
    mintToken: ControlTokenMinter;
    onMessage: (message: WorkspaceMessage) => void;
    /** Connected or lost. */
    onChange: () => void;
    logger: Logger;
    clock?: Clock;
}

const PING_PERIOD_MS = 20_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const REDIAL = { firstMs: 50, maximumMs: 5_000 };

/** The controller's end of the control socket of one boot of one workspace. Dials again until it is closed. */
export class ControlSession {
    readonly boot: Boot;
    private readonly options: ControlSessionOptions;
    private readonly clock: Clock;
    private socket: WebSocket | undefined;
    private attempts = 0;
    private redial: Timer | undefined;
    private pinger: Timer | undefined;
    private answered = true;
    private closed = false;
    /** What the workspace said of itself when this connection began; absent while there is none. */
    hello: Extract<WorkspaceMessage, { type: 'hello' }> | undefined;
    /** Since when there is no connection, in milliseconds since the epoch. */
    private lostAtMs: number;

    constructor(options: ControlSessionOptions) {
        this.options = options;
        this.boot = options.boot;
        this.clock = options.clock ?? systemClock;
        this.lostAtMs = this.clock.now();
        void this.dial();
    }

    get connected(): boolean {
        return this.hello !== undefined;
    }

    /** Since when there is no connection, in milliseconds since the epoch; undefined while there is one. */
    get disconnectedSinceMs(): number | undefined {
        return this.connected ? undefined : this.lostAtMs;
    }

    /** False when there is no connection right now. */
    send(message: ControllerMessage): boolean {
        if (this.socket?.readyState !== WebSocket.OPEN) {
            return false;
        }
        this.socket.send(JSON.stringify(message));
        return true;
    }

    close(): void {
        this.closed = true;
        this.redial?.cancel();
        this.pinger?.cancel();
        this.hello = undefined;
        this.socket?.close(1000);
        this.socket = undefined;
    }

    private async dial(): Promise<void> {
        this.attempts++;
        try {
            const token = await this.options.mintToken(this.options.uid);
            if (this.closed) {
                return;
            }
            const { endpoint } = this.boot;
            const address =
                'socketPath' in endpoint
                    ? `ws+unix://${endpoint.socketPath}:${CONTROL_PATH}`
                    : `ws://${endpoint.host}:${endpoint.port}${CONTROL_PATH}`;
            const socket = new WebSocket(address, {
                headers: { [IDENTITY_HEADER]: token },
                maxPayload: MAX_CONTROL_MESSAGE_BYTES,
                handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
                perMessageDeflate: false,
            });
            this.socket = socket;
            socket.on('open', () => this.schedulePing(socket));
            socket.on('pong', () => (this.answered = true));
            socket.on('message', (data) => this.receive(socket, data));
            socket.on('error', (error) =>
                this.options.logger.debug({ uid: this.options.uid, error: error.message }, 'control socket failed'),
            );
            socket.on('close', () => this.lost(socket));
        } catch (error) {
            this.options.logger.warn({ uid: this.options.uid, err: error }, 'control socket could not be dialled');
            this.scheduleRedial();
        }
    }

    private receive(socket: WebSocket, data: RawData): void {
        if (socket !== this.socket) {
            return;
        }
        let message: WorkspaceMessage | undefined;
        try {
            message = decodeWorkspaceMessage(String(data));
        } catch (error) {
            this.options.logger.warn({ uid: this.options.uid, err: error }, 'control message ignored');
            return;
        }
        if (message === undefined) {
            return;
        }
        if (message.type === 'hello') {
            this.hello = message;
            this.attempts = 0;
            this.options.onChange();
        }
        this.options.onMessage(message);
    }

    private lost(socket: WebSocket): void {
        if (socket !== this.socket || this.closed) {
            return;
        }
        this.socket = undefined;
        this.pinger?.cancel();
        const wasConnected = this.connected;
        this.hello = undefined;
        if (wasConnected) {
            this.lostAtMs = this.clock.now();
            this.options.onChange();
        }
        this.scheduleRedial();
    }

    private scheduleRedial(): void {
        if (!this.closed) {
            this.redial = this.clock.setTimeout(() => void this.dial(), backoffDelayMs(REDIAL, this.attempts, Math.random()));
        }
    }

    /** Notices a peer that is gone without a word: a half-open socket gives no close event. */
    private schedulePing(socket: WebSocket): void {
        this.answered = true;
        const beat = (): void => {
            if (!this.answered) {
                socket.terminate();
                return;
            }
            this.answered = false;
            socket.ping();
            this.pinger = this.clock.setTimeout(beat, PING_PERIOD_MS);
        };
        this.pinger = this.clock.setTimeout(beat, PING_PERIOD_MS);
    }
}
