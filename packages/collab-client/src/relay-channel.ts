import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { Emitter } from './emitter.ts';
import { defaultWebSocket, isPermanentClose, type TokenSource, type WebSocketConstructor, type WebSocketLike } from './web-socket.ts';

const FRAME = { welcome: 0, joined: 1, left: 2, message: 3, undeliverable: 4 } as const;
const OPEN = 1;
const EVERYBODY = 0;

export interface RelayMember {
    readonly id: number;
    readonly subject: string;
    readonly name?: string;
    readonly access: 'read' | 'comment' | 'write';
}

export interface RelayChannelOptions {
    /** `ws(s)://…/relay/<channel>`, the channel's name encoded. */
    readonly url: string;
    readonly token?: TokenSource;
    readonly WebSocket?: WebSocketConstructor;
}

/**
 * An ordered, ephemeral channel between members. Nothing is kept: a connection that ends is not made again, because
 * messages were lost; open a new channel and begin anew.
 */
export class RelayChannel {
    private socket: WebSocketLike | undefined;
    private ownId: number | undefined;
    private readonly known = new Map<number, RelayMember>();
    private readonly openEmitter = new Emitter<void>();
    private readonly memberEmitter = new Emitter<{ readonly joined?: RelayMember; readonly left?: RelayMember }>();
    private readonly messageEmitter = new Emitter<{ readonly from: number; readonly data: Uint8Array }>();
    private readonly undeliverableEmitter = new Emitter<number>();
    private readonly closeEmitter = new Emitter<{ readonly code: number; readonly reason: string; readonly permanent: boolean }>();
    private closed = false;

    /** We are in: `id` and `members` are known. */
    readonly onDidOpen = this.openEmitter.event;
    readonly onDidChangeMembers = this.memberEmitter.event;
    readonly onMessage = this.messageEmitter.event;
    /** A message was for a member that is gone. */
    readonly onUndeliverable = this.undeliverableEmitter.event;
    readonly onDidClose = this.closeEmitter.event;

    constructor(options: RelayChannelOptions) {
        void this.dial(options);
    }

    /** Our own id in the channel. */
    get id(): number | undefined {
        return this.ownId;
    }

    /** The others. */
    get members(): readonly RelayMember[] {
        return [...this.known.values()];
    }

    /** Sends to one member, or to all others. Returns whether we are connected. */
    send(data: Uint8Array, to: number = EVERYBODY): boolean {
        if (this.socket?.readyState !== OPEN) {
            return false;
        }
        const encoder = encoding.createEncoder();
        encoding.writeVarUint(encoder, to);
        encoding.writeUint8Array(encoder, data);
        this.socket.send(encoding.toUint8Array(encoder));
        return true;
    }

    close(): void {
        this.closed = true;
        this.socket?.close(1000);
    }

    private async dial(options: RelayChannelOptions): Promise<void> {
        const token = await options.token?.();
        if (this.closed) {
            return;
        }
        const protocols = token === undefined ? undefined : ['tandem-relay', `tandem-token.${token}`];
        const socket = new (options.WebSocket ?? defaultWebSocket())(options.url, protocols);
        this.socket = socket;
        socket.binaryType = 'arraybuffer';
        socket.onerror = () => undefined;
        socket.onmessage = ({ data }) => this.receive(new Uint8Array(data as ArrayBuffer));
        socket.onclose = ({ code, reason }) => {
            this.known.clear();
            this.closeEmitter.fire({ code, reason, permanent: isPermanentClose(code) });
        };
    }

    private receive(data: Uint8Array): void {
        const decoder = decoding.createDecoder(data);
        switch (decoding.readUint8(decoder)) {
            case FRAME.welcome:
                this.ownId = decoding.readVarUint(decoder);
                for (let left = decoding.readVarUint(decoder); left > 0; left--) {
                    this.add(decoder);
                }
                this.openEmitter.fire();
                return;
            case FRAME.joined:
                this.memberEmitter.fire({ joined: this.add(decoder) });
                return;
            case FRAME.left: {
                const id = decoding.readVarUint(decoder);
                const left = this.known.get(id);
                this.known.delete(id);
                this.memberEmitter.fire(left ? { left } : {});
                return;
            }
            case FRAME.message:
                this.messageEmitter.fire({ from: decoding.readVarUint(decoder), data: decoding.readTailAsUint8Array(decoder) });
                return;
            case FRAME.undeliverable:
                this.undeliverableEmitter.fire(decoding.readVarUint(decoder));
                return;
        }
    }

    private add(decoder: decoding.Decoder): RelayMember {
        const id = decoding.readVarUint(decoder);
        const member = { ...(JSON.parse(decoding.readVarString(decoder)) as Omit<RelayMember, 'id'>), id };
        this.known.set(id, member);
        return member;
    }
}
