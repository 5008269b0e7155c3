import { CollabSocket, type CollabDocument, type WebSocketConstructor } from '@tandem/collab-client';
import type { CollabAccess } from '@tandem/core-extension/lib/node/agent/collab-tokens';
import type { LookupFunction } from 'node:net';
import { lookup as systemLookup } from 'node:dns';
import { WebSocket } from 'ws';
import type { PeerDocument } from './peer-document';

const RETRY_MS = 5_000;

/** Names below `.localhost` mean this machine (RFC 6761), also where the resolver does not know them. */
const lookup: LookupFunction = (hostname, options, callback) => {
    if (hostname.endsWith('.localhost')) {
        const address = { address: '127.0.0.1', family: 4 };
        if (options.all) {
            callback(null, [address]);
        } else {
            callback(null, address.address, address.family);
        }
        return;
    }
    systemLookup(hostname, options, callback);
};

class PeerWebSocket extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
        super(url, protocols, { lookup, perMessageDeflate: false } as ConstructorParameters<typeof WebSocket>[2]);
    }
}

/** Keeps the peer's documents in step with the collaboration server, whenever that can be reached. */
export class CollabLink {
    private readonly access: CollabAccess;
    private readonly wanted = new Map<PeerDocument, CollabDocument | undefined>();
    private socket: CollabSocket | undefined;
    private dialling = false;
    private timer: NodeJS.Timeout | undefined;
    private disposed = false;

    constructor(access: CollabAccess) {
        this.access = access;
    }

    attach(document: PeerDocument): void {
        this.wanted.set(document, this.socket?.open(document.room, { doc: document.doc }));
        void this.dial();
    }

    detach(document: PeerDocument): void {
        this.wanted.get(document)?.close();
        this.wanted.delete(document);
    }

    /** Whether the server has all of a document; for tests and the log. */
    synced(document: PeerDocument): boolean {
        return this.wanted.get(document)?.state === 'synced';
    }

    dispose(): void {
        this.disposed = true;
        clearTimeout(this.timer);
        this.socket?.close();
    }

    private async dial(): Promise<void> {
        if (this.socket || this.dialling || this.disposed) {
            return;
        }
        this.dialling = true;
        try {
            const { url } = await this.access.request();
            if (this.disposed) {
                return;
            }
            const socket = new CollabSocket({
                url,
                token: () => this.token(),
                WebSocket: PeerWebSocket as unknown as WebSocketConstructor,
            });
            this.socket = socket;
            socket.onDidClose(({ permanent }) => {
                if (permanent) {
                    // A token that came too late; there is always a next one.
                    this.later(() => socket.reconnect());
                }
            });
            for (const document of this.wanted.keys()) {
                this.wanted.set(document, socket.open(document.room, { doc: document.doc }));
            }
        } catch {
            // No controller right now: pages and peer go on by themselves.
            this.later(() => void this.dial());
        } finally {
            this.dialling = false;
        }
    }

    private async token(): Promise<string | undefined> {
        try {
            return (await this.access.request()).token;
        } catch {
            return undefined;
        }
    }

    private later(work: () => void): void {
        clearTimeout(this.timer);
        if (!this.disposed) {
            this.timer = setTimeout(work, RETRY_MS);
            this.timer.unref();
        }
    }
}
