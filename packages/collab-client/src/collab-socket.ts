import * as decoding from 'lib0/decoding';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { CollabDocument } from './collab-document.ts';
import { Emitter } from './emitter.ts';
import {
    EXPIRED_CODE,
    defaultWebSocket,
    isPermanentClose,
    reconnectPauseMs,
    type TokenSource,
    type WebSocketConstructor,
    type WebSocketLike,
} from './web-socket.ts';

const PING = Uint8Array.of(9);
const OPEN = 1;
/** Silence after which we ask whether the server is there, and after which it is not. */
const PING_AFTER_MS = 12_000;
const LOST_AFTER_MS = 25_000;

export interface CollabSocketOptions {
    /** `ws(s)://…/hocuspocus` */
    readonly url: string;
    readonly token?: TokenSource;
    /** For Node or tests; the platform's otherwise. */
    readonly WebSocket?: WebSocketConstructor;
}

/** `closed`: the server said that this credential will not work, or `close` was called; nothing is tried any more. */
export type SocketState = 'connecting' | 'connected' | 'closed';

export interface SocketClose {
    readonly code: number;
    readonly reason: string;
    readonly permanent: boolean;
}

/** Many documents over one WebSocket, reconnecting with jitter until the server says that it is no use. */
export class CollabSocket {
    private readonly options: CollabSocketOptions;
    private readonly documents = new Map<string, CollabDocument>();
    private socket: WebSocketLike | undefined;
    private currentState: SocketState = 'connecting';
    private failures = 0;
    private retryTimer: ReturnType<typeof setTimeout> | undefined;
    private readonly watchTimer: ReturnType<typeof setInterval>;
    private lastHeardAt = 0;
    private lastExpiryAt = 0;
    private readonly stateEmitter = new Emitter<SocketState>();
    private readonly closeEmitter = new Emitter<SocketClose>();

    readonly onDidChangeState = this.stateEmitter.event;
    /** A connection ended; for permanent ones ask the user or `/.tandem/session` what to do, then `reconnect`. */
    readonly onDidClose = this.closeEmitter.event;

    constructor(options: CollabSocketOptions) {
        this.options = options;
        this.watchTimer = setInterval(() => this.watch(), 1_000);
        (this.watchTimer as unknown as { unref?: () => void }).unref?.();
        globalThis.addEventListener?.('online', this.handleOnline);
        this.dial();
    }

    get state(): SocketState {
        return this.currentState;
    }

    /** @throws Error when a document of this name is open already */
    open(name: string, options: { doc?: Y.Doc; awareness?: Awareness } = {}): CollabDocument {
        if (this.documents.has(name)) {
            throw new Error(`The document ${name} is open already`);
        }
        const transport = {
            send: (message: Uint8Array) => this.send(message),
            token: async () => this.options.token?.(),
            forget: (document: CollabDocument) => void (this.documents.get(name) === document && this.documents.delete(name)),
        };
        const document = new CollabDocument(transport, name, options.doc ?? new Y.Doc(), options.awareness);
        this.documents.set(name, document);
        if (this.currentState === 'connected') {
            document.connect();
        }
        return document;
    }

    /** Tries at once, also after a permanent close. */
    reconnect(): void {
        this.failures = 0;
        this.drop();
        this.dial();
    }

    /** Closes all documents and the socket. */
    close(): void {
        for (const document of [...this.documents.values()]) {
            document.close();
        }
        clearInterval(this.watchTimer);
        globalThis.removeEventListener?.('online', this.handleOnline);
        this.drop();
        this.setState('closed');
    }

    private dial(): void {
        clearTimeout(this.retryTimer);
        this.setState('connecting');
        const socket = new (this.options.WebSocket ?? defaultWebSocket())(this.options.url);
        this.socket = socket;
        this.lastHeardAt = Date.now();
        socket.binaryType = 'arraybuffer';
        socket.onopen = () => {
            this.lastHeardAt = Date.now();
            this.setState('connected');
            for (const document of this.documents.values()) {
                document.connect();
            }
        };
        socket.onmessage = ({ data }) => this.receive(new Uint8Array(data as ArrayBuffer));
        socket.onerror = () => undefined;
        socket.onclose = ({ code, reason }) => this.ended(code, reason);
    }

    private receive(data: Uint8Array): void {
        this.lastHeardAt = Date.now();
        this.failures = 0;
        if (data.length === 1) {
            return;
        }
        const decoder = decoding.createDecoder(data);
        const name = decoding.readVarString(decoder);
        this.documents.get(name)?.receive(decoder);
    }

    private send(message: Uint8Array): boolean {
        if (this.socket?.readyState !== OPEN) {
            return false;
        }
        this.socket.send(message);
        return true;
    }

    private ended(code: number, reason: string): void {
        this.drop();
        // A token that ended may be renewed, but one that has ended on arrival twice is no use.
        const renewable = code === EXPIRED_CODE && this.options.token !== undefined && Date.now() - this.lastExpiryAt > 5_000;
        if (code === EXPIRED_CODE) {
            this.lastExpiryAt = Date.now();
        }
        const permanent = isPermanentClose(code) && !renewable;
        this.setState(permanent ? 'closed' : 'connecting');
        if (!permanent) {
            this.retryTimer = setTimeout(() => this.dial(), renewable ? 0 : reconnectPauseMs(this.failures++, reason));
        }
        this.closeEmitter.fire({ code, reason, permanent });
    }

    /** Lets go of the socket, if any, and tells the documents. */
    private drop(): void {
        clearTimeout(this.retryTimer);
        const { socket } = this;
        this.socket = undefined;
        if (socket) {
            socket.onopen = socket.onmessage = socket.onclose = null;
            socket.onerror = () => undefined;
            socket.close();
        }
        for (const document of this.documents.values()) {
            document.disconnect();
        }
    }

    private watch(): void {
        const silentMs = Date.now() - this.lastHeardAt;
        if (this.socket && silentMs > LOST_AFTER_MS) {
            this.ended(1006, 'nothing was heard');
        } else if (this.currentState === 'connected' && silentMs > PING_AFTER_MS) {
            this.send(PING);
        }
    }

    private readonly handleOnline = (): void => {
        if (this.currentState === 'connecting') {
            this.reconnect();
        }
    };

    private setState(state: SocketState): void {
        if (state !== this.currentState) {
            this.currentState = state;
            this.stateEmitter.fire(state);
        }
    }
}
