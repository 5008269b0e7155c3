import * as Y from 'yjs';
import { WebSocket } from 'ws';
import type { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider as Provider3 } from 'y-websocket';
import { WebsocketProvider as Provider2 } from 'y-websocket-2';
import { HocuspocusProvider as Hocuspocus4, HocuspocusProviderWebsocket as Socket4 } from '@hocuspocus/provider';
import { HocuspocusProvider as Hocuspocus3, HocuspocusProviderWebsocket as Socket3 } from 'hocuspocus-provider-3';

/** What the conformance suite needs of any client. */
export interface StockClient {
    readonly doc: Y.Doc;
    readonly awareness: Awareness;
    readonly isSynced: () => boolean;
    readonly isConnected: () => boolean;
    /** Edits that are not acknowledged; always 0 where the protocol has no acknowledgements. */
    readonly unsynced: () => number;
    /** Close codes of all sockets so far. */
    readonly closes: number[];
    readonly denials: string[];
    /** Sockets opened so far. */
    readonly opens: () => number;
    readonly destroy: () => void;
}

export interface StockOptions {
    readonly url: string;
    readonly room: string;
    readonly token?: string | (() => string | Promise<string>);
    readonly doc?: Y.Doc;
}

export interface StockClientKind {
    readonly name: string;
    readonly protocol: 'y' | 'hocuspocus';
    readonly connect: (options: StockOptions) => StockClient;
}

/** A WebSocket that reports its opens and close codes. */
function countingSocket(closes: number[], count: { opens: number }): typeof globalThis.WebSocket {
    class Counting extends WebSocket {
        constructor(url: string, protocols?: string | string[]) {
            super(url, protocols);
            this.on('open', () => count.opens++);
            this.on('close', (code) => closes.push(code));
            this.on('error', () => undefined);
        }
    }
    return Counting as unknown as typeof globalThis.WebSocket;
}

function yWebsocket(name: string, Provider: typeof Provider3): StockClientKind {
    return {
        name,
        protocol: 'y',
        connect: ({ url, room, token, doc = new Y.Doc() }) => {
            const closes: number[] = [];
            const count = { opens: 0 };
            const provider = new Provider(`${url}/y`, room, doc, {
                WebSocketPolyfill: countingSocket(closes, count),
                disableBc: true,
                params: typeof token === 'string' ? { token } : {},
            });
            return {
                doc,
                awareness: provider.awareness,
                isSynced: () => provider.synced,
                isConnected: () => provider.wsconnected,
                unsynced: () => 0,
                closes,
                denials: [],
                opens: () => count.opens,
                destroy: () => {
                    provider.destroy();
                    doc.destroy();
                },
            };
        },
    };
}

function hocuspocus(name: string, Provider: typeof Hocuspocus4, Socket: typeof Socket4): StockClientKind {
    return {
        name,
        protocol: 'hocuspocus',
        connect: ({ url, room, token = '', doc = new Y.Doc() }) => {
            const closes: number[] = [];
            const count = { opens: 0 };
            const denials: string[] = [];
            const websocketProvider = new Socket({
                url: `${url}/hocuspocus`,
                WebSocketPolyfill: countingSocket(closes, count) as never,
                delay: 100,
                minDelay: 50,
                maxDelay: 500,
            });
            const provider = new Provider({
                websocketProvider,
                name: room,
                document: doc,
                token,
                onAuthenticationFailed: ({ reason }: { reason: string }) => void denials.push(reason),
            } as never);
            provider.attach();
            return {
                doc,
                awareness: provider.awareness as Awareness,
                isSynced: () => provider.synced,
                isConnected: () => websocketProvider.status === 'connected',
                unsynced: () => provider.unsyncedChanges,
                closes,
                denials,
                opens: () => count.opens,
                destroy: () => {
                    provider.destroy();
                    websocketProvider.destroy();
                    doc.destroy();
                },
            };
        },
    };
}

export const stockClients: readonly StockClientKind[] = [
    yWebsocket('y-websocket 3.1.0', Provider3),
    yWebsocket('y-websocket 2.1.0', Provider2 as unknown as typeof Provider3),
    hocuspocus('@hocuspocus/provider 4.8.0', Hocuspocus4, Socket4),
    hocuspocus('@hocuspocus/provider 3.4.4', Hocuspocus3 as unknown as typeof Hocuspocus4, Socket3 as unknown as typeof Socket4),
];
