import { lookup, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, fetch as undiciFetch, type RequestInit } from 'undici';

/**
 * Looks names up as browsers do: `localhost` and everything below it is this machine, without asking a resolver.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
export const loopbackLookup: LookupFunction = (hostname, options, callback) => {
    if (hostname !== 'localhost' && !hostname.endsWith('.localhost')) {
        lookup(hostname, options as LookupAllOptions, callback);
        return;
    }
    const addresses = [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
    ];
    const wanted = addresses.filter(({ family }) => !options.family || options.family === 'IPv4' || options.family === family);
    if (options.all) {
        callback(null, wanted);
    } else {
        callback(null, wanted[0]?.address ?? '127.0.0.1', wanted[0]?.family ?? 4);
    }
};

/** `fetch` for Node that reaches `*.localhost` on this machine, with the Host header unchanged. */
export function createLoopbackFetch(): typeof fetch {
    const dispatcher = new Agent({
        connect: { lookup: loopbackLookup },
        // A command ends when it is done, not when a kept connection times out.
        keepAliveTimeout: 1,
        keepAliveMaxTimeout: 1,
        bodyTimeout: 0,
        headersTimeout: 0,
    });
    return ((input: string | URL, init?: RequestInit) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
}
