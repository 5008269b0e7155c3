import type { IncomingMessage } from 'node:http';
import { IDENTITY_HEADER } from '@tandem/protocol';

/** A subprotocol that begins so carries a token; browsers cannot set headers on a WebSocket. */
export const TOKEN_PROTOCOL_PREFIX = 'tandem-token.';

export interface UpgradeToken {
    readonly token: string | undefined;
    /** Minted by a gateway for this one connection. */
    readonly fromGateway: boolean;
    /** What to answer as `Sec-WebSocket-Protocol`. */
    readonly protocol: string | undefined;
}

/** Finds the token of an upgrade: `Tandem-Identity`, `Authorization`, a subprotocol, or `?token=`. */
export function readUpgradeToken(request: IncomingMessage, url: URL): UpgradeToken {
    const offered = (request.headers['sec-websocket-protocol'] ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name));
    // A client that offers protocols fails unless one of them is chosen; rather not the one with the token.
    const protocol = offered.find((name) => !name.startsWith(TOKEN_PROTOCOL_PREFIX)) ?? offered[0];
    const identity = request.headers[IDENTITY_HEADER];
    if (typeof identity === 'string' && identity !== '') {
        return { token: identity, fromGateway: true, protocol };
    }
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const fromProtocol = offered.find((name) => name.startsWith(TOKEN_PROTOCOL_PREFIX))?.slice(TOKEN_PROTOCOL_PREFIX.length);
    return { token: bearer ?? fromProtocol ?? url.searchParams.get('token') ?? undefined, fromGateway: false, protocol };
}
