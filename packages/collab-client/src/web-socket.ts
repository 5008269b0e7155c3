/** The part of the WebSocket interface that is used, the same in browsers, in Node and in the `ws` library. */
export interface WebSocketLike {
    binaryType: string;
    readonly readyState: number;
    onopen: ((event: never) => void) | null;
    onmessage: ((event: { data: unknown }) => void) | null;
    onclose: ((event: { code: number; reason: string }) => void) | null;
    onerror: ((event: never) => void) | null;
    send(data: Uint8Array): void;
    close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** Gives the token to present, or nothing where the gateway knows who asks. Called for every connection and renewal. */
export type TokenSource = () => Promise<string | undefined> | string | undefined;

export function defaultWebSocket(): WebSocketConstructor {
    return (globalThis as unknown as { WebSocket: WebSocketConstructor }).WebSocket;
}

/** Whether dialling again with the same credential is pointless. */
export function isPermanentClose(code: number): boolean {
    return code >= 4400 && code < 4500;
}

/** The session, grant or token ended by itself: a new token may help. */
export const EXPIRED_CODE = 4408;

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** Pause before the next attempt: doubling, with jitter so that many clients do not come at once, or as the server asked. */
export function reconnectPauseMs(failures: number, reason: string, random: () => number = Math.random): number {
    const asked = /^reconnect after (\d{1,5}) ms$/.exec(reason)?.[1];
    if (asked !== undefined) {
        return Number(asked);
    }
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    return ceiling / 2 + (random() * ceiling) / 2;
}
