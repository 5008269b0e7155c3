import type { Channel, WriteBuffer } from '@theia/core/lib/common/message-rpc';
import { Uint8ArrayReadBuffer, Uint8ArrayWriteBuffer } from '@theia/core/lib/common/message-rpc/uint8-array-message-buffer';
import { ConnectionManagementMessages } from '@theia/core/lib/common/messaging/connection-management';
import {
    ReconnectableSocketChannel,
    WebsocketFrontendConnectionService,
} from '@theia/core/lib/node/messaging/websocket-frontend-connection-service';
import { injectable } from '@theia/core/shared/inversify';
import type { Socket } from 'socket.io';
import { ACKNOWLEDGE_DELAY_MS, ACKNOWLEDGE_EVENT, BACKEND_LIMIT_BYTES, LEAVE_EVENT } from '../common/reliable-protocol';
import { ReliableStream } from '../common/reliable-stream';

/** The backend's end of a page's connection; outlives its sockets and loses nothing between two of them. */
@injectable()
export class ReliableSocketChannel extends ReconnectableSocketChannel {
    private readonly stream = new ReliableStream(BACKEND_LIMIT_BYTES);
    private acknowledgeTimer: NodeJS.Timeout | undefined;

    override connect(socket: Socket): void {
        this.disposables.dispose();
        const previous = this.socket;
        this.socket = socket;
        if (previous && previous !== socket) {
            previous.disconnect(true);
        }
        const onError = (error: Error): void => this.onErrorEmitter.fire(error);
        const onAcknowledge = (count: number): void => void this.stream.acknowledge(count);
        const onMessage = (data: Uint8Array): void => {
            this.acknowledge(this.stream.receive(data.byteLength));
            this.onMessageEmitter.fire(() => new Uint8ArrayReadBuffer(data));
        };
        socket.on('error', onError);
        socket.on(ACKNOWLEDGE_EVENT, onAcknowledge);
        socket.on('message', onMessage);
        this.disposables.push({
            dispose: () => {
                socket.off('error', onError);
                socket.off(ACKNOWLEDGE_EVENT, onAcknowledge);
                socket.off('message', onMessage);
            },
        });
    }

    /**
     * Goes on where the last socket ended.
     * @param received messages that the page has received, ever.
     * @returns how many messages arrived here, `undefined` when the two ends do not fit together any more.
     */
    resume(socket: Socket, received: number): number | undefined {
        if (this.stream.overflowed || !this.stream.acknowledge(received)) {
            return undefined;
        }
        this.connect(socket);
        return this.stream.takeAcknowledgement();
    }

    /** Sends what the page has not received. To be called after the answer to the page's wish to go on. */
    repeat(): void {
        for (const message of this.stream.pending()) {
            this.socket?.send(message);
        }
    }

    override disconnect(): void {
        clearTimeout(this.acknowledgeTimer);
        this.acknowledgeTimer = undefined;
        super.disconnect();
    }

    override getWriteBuffer(): WriteBuffer {
        const buffer = new Uint8ArrayWriteBuffer();
        buffer.onCommit((message) => {
            this.stream.keep(message);
            if (this.socket?.connected) {
                this.socket.send(message);
            }
        });
        return buffer;
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
        if (this.socket?.connected && this.stream.acknowledgementDue) {
            this.socket.emit(ACKNOWLEDGE_EVENT, this.stream.takeAcknowledgement());
        }
    }
}

/** Theia's connection service with reconnects that repeat what was lost. */
@injectable()
export class ReliableConnectionService extends WebsocketFrontendConnectionService {
    protected override async handleConnection(socket: Socket, channelCreatedHandler: (channel: Channel) => void): Promise<void> {
        await super.handleConnection(socket, channelCreatedHandler);
        socket.removeAllListeners(ConnectionManagementMessages.RECONNECT);
        socket.once(ConnectionManagementMessages.RECONNECT, (frontendId: string, received?: number) => {
            const channel = this.connectionsByFrontend.get(frontendId) as ReliableSocketChannel | undefined;
            const arrived = channel?.resume(socket, received ?? 0);
            if (!channel || arrived === undefined) {
                if (channel) {
                    this.closeConnection(frontendId, 'the page and the backend do not fit together any more');
                }
                socket.emit(ConnectionManagementMessages.RECONNECT, false);
                return;
            }
            socket.removeAllListeners(ConnectionManagementMessages.INITIAL_CONNECT);
            clearTimeout(this.closeTimeouts.get(frontendId));
            this.closeTimeouts.delete(frontendId);
            this.handleSocketDisconnect(socket, channel, frontendId);
            socket.emit(ConnectionManagementMessages.RECONNECT, true, arrived);
            channel.repeat();
        });
    }

    /** A page that reconnects may be faster than the notice that its old socket is gone; that notice must not part the new one. */
    override handleSocketDisconnect(socket: Socket, channel: ReconnectableSocketChannel, frontendId: string): void {
        // A half-open socket fails after its successor has taken over, when nobody listens to it any more.
        socket.on('error', () => undefined);
        socket.once(LEAVE_EVENT, () => this.markForClose(frontendId));
        const forward = { on: (_event: string, listener: (reason: string) => void) => this.onSocketEnd(socket, channel, listener) };
        super.handleSocketDisconnect(forward as unknown as Socket, channel, frontendId);
    }

    private onSocketEnd(socket: Socket, channel: ReconnectableSocketChannel, listener: (reason: string) => void): void {
        socket.on('disconnect', (reason) => {
            if ((channel as unknown as { socket?: Socket }).socket === socket) {
                listener(reason);
            }
        });
    }
}
