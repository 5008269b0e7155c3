import { Emitter, type Event } from '@theia/core/lib/common/event';
import { AbstractChannel, ForwardingChannel } from '@theia/core/lib/common/message-rpc/channel';
import { Uint8ArrayReadBuffer, Uint8ArrayWriteBuffer } from '@theia/core/lib/common/message-rpc/uint8-array-message-buffer';
import { ConnectionManagementMessages } from '@theia/core/lib/common/messaging/connection-management';
import { WebSocketConnectionSource } from '@theia/core/lib/browser/messaging/ws-connection-source';
import { injectable } from '@theia/core/shared/inversify';
import { ACKNOWLEDGE_DELAY_MS, ACKNOWLEDGE_EVENT, BROWSER_LIMIT_BYTES, LEAVE_EVENT } from '../../common/reliable-protocol';
import { ReliableStream } from '../../common/reliable-stream';

/**
 * The page's socket. Unlike Theia's own it loses nothing when the line drops: what the other side has not acknowledged is sent
 * again after a reconnect, however long that takes.
 */
@injectable()
export class ReliableConnectionSource extends WebSocketConnectionSource {
    private stream = new ReliableStream(BROWSER_LIMIT_BYTES);
    /** Between a new socket and the backend's answer nothing is sent, or it would arrive before what has to be repeated. */
    private open = false;
    private acknowledgeTimer: ReturnType<typeof setTimeout> | undefined;

    protected readonly onDidLoseBackendEmitter = new Emitter<void>();
    /** The backend no longer knows this page: it was restarted, or the page was away for longer than the backend waits. */
    readonly onDidLoseBackend: Event<void> = this.onDidLoseBackendEmitter.event;

    protected readonly onDidFailToConnectEmitter = new Emitter<void>();
    /** An attempt to connect was refused or found nobody. */
    readonly onDidFailToConnect: Event<void> = this.onDidFailToConnectEmitter.event;

    override openSocket(): void {
        super.openSocket();
        this.socket.on('disconnect', () => {
            this.open = false;
        });
        this.socket.on('connect_error', () => this.onDidFailToConnectEmitter.fire());
        this.socket.on(ACKNOWLEDGE_EVENT, (count: number) => this.stream.acknowledge(count));
        // Without this the backend would keep the extension host of a closed tab as long as that of a sleeping laptop.
        window.addEventListener('pagehide', (event) => {
            if (!event.persisted) {
                this.socket.emit(LEAVE_EVENT);
            }
        });
        window.addEventListener('online', () => this.reconnectNow());
        document.addEventListener('visibilitychange', () => {
            if (document.visibilityState === 'visible') {
                this.reconnectNow();
            }
        });
    }

    /** Tries at once instead of at the end of the current pause between attempts. */
    reconnectNow(): void {
        if (!this.socket.connected && this.socket.io._readyState !== 'opening') {
            this.socket.io.engine?.close();
            this.socket.connect();
        }
    }

    protected override negogiateReconnect(): void {
        const listener = (known: boolean, received?: number): void => {
            this.socket.off(ConnectionManagementMessages.RECONNECT, listener);
            if (known && typeof received === 'number' && !this.stream.overflowed && this.stream.acknowledge(received)) {
                this.open = true;
                for (const message of this.stream.pending()) {
                    this.socket.send(message);
                }
                return;
            }
            // A channel of its own for what can still be done (saving files) before the page is loaded anew.
            this.currentChannel.onCloseEmitter.fire({ reason: 'the backend is a new one' });
            this.currentChannel.close();
            this.negotiateInitialConnect();
            this.onDidLoseBackendEmitter.fire();
        };
        this.socket.on(ConnectionManagementMessages.RECONNECT, listener);
        this.socket.emit(ConnectionManagementMessages.RECONNECT, this.frontendIdProvider.getId(), this.stream.takeAcknowledgement());
    }

    override connectNewChannel(): void {
        this.stream = new ReliableStream(BROWSER_LIMIT_BYTES);
        this.open = true;
        super.connectNewChannel();
    }

    protected override createChannel(): AbstractChannel {
        const onMessage = (data: ArrayBuffer | Uint8Array): void => {
            this.onIncomingMessageActivityEmitter.fire();
            const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
            this.acknowledge(this.stream.receive(bytes.byteLength));
            this.currentChannel.onMessageEmitter.fire(() => new Uint8ArrayReadBuffer(bytes));
        };
        this.socket.on('message', onMessage);
        return new ForwardingChannel(
            'any',
            () => this.socket.off('message', onMessage),
            () => {
                const buffer = new Uint8ArrayWriteBuffer();
                buffer.onCommit((message) => this.sendReliably(message));
                return buffer;
            },
        );
    }

    private sendReliably(message: Uint8Array): void {
        this.stream.keep(message);
        if (this.open && this.socket.connected) {
            this.socket.send(message);
        }
    }

    private acknowledge(now: boolean): void {
        if (now) {
            this.sendAcknowledgement();
        } else {
            this.acknowledgeTimer ??= setTimeout(() => this.sendAcknowledgement(), ACKNOWLEDGE_DELAY_MS);
        }
    }

    private sendAcknowledgement(): void {
        clearTimeout(this.acknowledgeTimer);
        this.acknowledgeTimer = undefined;
        if (this.open && this.socket.connected && this.stream.acknowledgementDue) {
            this.socket.emit(ACKNOWLEDGE_EVENT, this.stream.takeAcknowledgement());
        }
    }

    protected override createWebSocket(url: string): ReturnType<WebSocketConnectionSource['createWebSocket']> {
        const socket = super.createWebSocket(url);
        // The polling handshake that socket.io begins with costs two round trips and needs sticky sessions.
        socket.io.opts.transports = ['websocket'];
        socket.io.reconnectionDelay(500);
        socket.io.reconnectionDelayMax(5_000);
        return socket;
    }
}
