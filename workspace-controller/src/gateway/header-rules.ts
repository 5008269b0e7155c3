import { IDENTITY_HEADER, REQUEST_SECRET_HEADER } from '@tandem/protocol';
import { confinedSetCookie, withoutOwnCookies } from './cookies.ts';

/** Flat list of names and values, as `IncomingMessage.rawHeaders` has it and `writeHead` takes it. */
export type RawHeaders = string[];

/** What changes on the way to one upstream. */
export interface RequestRules {
    /** Replaces the client's Host; absent: unchanged. */
    host?: string;
    /** Rewrites Origin and the origin of Referer; absent: unchanged. */
    rewriteOrigin?: (origin: string) => string;
    /** Whether an Authorization header is Tandem's own and stays here. */
    removesAuthorization: (value: string) => boolean;
    /** Token for `Tandem-Identity`; absent: none, as for programs of the workspace. */
    identity?: string;
    forwarded: { address: string; proto: 'http' | 'https'; host: string };
}

export interface ResponseRules {
    rewriteLocation?: (location: string) => string;
    rewriteOrigin?: (origin: string) => string;
    /** Added to the answer. */
    extra?: RawHeaders;
}

export type BodyFraming = 'chunked' | 'empty' | 'as-is';

/** RFC 9110, section 7.6.1: meant for the next hop only. `Trailer` goes on, since trailers do. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'transfer-encoding',
    'upgrade',
]);

/** Only we say these. */
const FORWARDING: ReadonlySet<string> = new Set([
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'x-forwarded-proto',
    'x-forwarded-server',
    'x-real-ip',
]);

/**
 * Headers for the upstream.
 *
 * @param framing how the body is delimited: `chunked`, `empty` when it must be said that there is none, or `as-is`
 */
export function upstreamRequestHeaders(raw: RawHeaders, rules: RequestRules, framing: BodyFraming): RawHeaders {
    const dropped = connectionNames(raw);
    const result: RawHeaders = [];
    eachHeader(raw, (name, value) => {
        const lower = name.toLowerCase();
        if (HOP_BY_HOP.has(lower) || FORWARDING.has(lower) || dropped.has(lower) || isOwnHeader(lower)) {
            return;
        }
        const kept = rewriteRequestHeader(lower, value, rules);
        if (kept !== undefined) {
            result.push(name, kept);
        }
    });
    if (framing === 'chunked') {
        result.push('Transfer-Encoding', 'chunked');
    } else if (framing === 'empty') {
        result.push('Content-Length', '0');
    }
    if (rules.identity !== undefined) {
        result.push('Tandem-Identity', rules.identity);
    }
    const { address, proto, host } = rules.forwarded;
    result.push('X-Forwarded-For', address, 'X-Forwarded-Proto', proto, 'X-Forwarded-Host', host);
    return result;
}

function rewriteRequestHeader(lower: string, value: string, rules: RequestRules): string | undefined {
    switch (lower) {
        case 'host':
            return rules.host ?? value;
        case 'cookie':
            return withoutOwnCookies(value);
        case 'authorization':
            return rules.removesAuthorization(value) ? undefined : value;
        case 'origin':
            return rules.rewriteOrigin?.(value) ?? value;
        case 'referer':
            return rules.rewriteOrigin ? rewriteUrlOrigin(value, rules.rewriteOrigin) : value;
        default:
            return value;
    }
}

/** Headers for the browser. */
export function downstreamResponseHeaders(raw: RawHeaders, rules: ResponseRules): RawHeaders {
    const dropped = connectionNames(raw);
    const result: RawHeaders = [];
    eachHeader(raw, (name, value) => {
        const lower = name.toLowerCase();
        if (HOP_BY_HOP.has(lower) || dropped.has(lower) || isOwnHeader(lower)) {
            return;
        }
        let kept: string | undefined = value;
        if (lower === 'set-cookie') {
            kept = confinedSetCookie(value);
        } else if ((lower === 'location' || lower === 'content-location') && rules.rewriteLocation) {
            kept = rules.rewriteLocation(value);
        } else if (lower === 'access-control-allow-origin' && rules.rewriteOrigin) {
            kept = rules.rewriteOrigin(value);
        }
        if (kept !== undefined) {
            result.push(name, kept);
        }
    });
    if (rules.extra) {
        result.push(...rules.extra);
    }
    return result;
}

/** Headers of a `101 Switching Protocols`: all of the upstream's, hop-by-hop ones included, since they make the switch. */
export function switchingHeaders(raw: RawHeaders): RawHeaders {
    const result: RawHeaders = [];
    eachHeader(raw, (name, value) => {
        const kept = name.toLowerCase() === 'set-cookie' ? confinedSetCookie(value) : value;
        if (kept !== undefined && !isOwnHeader(name.toLowerCase())) {
            result.push(name, kept);
        }
    });
    return result;
}

/** Applies `rewrite` to the origin of an absolute URL; anything else stays. */
export function rewriteUrlOrigin(value: string, rewrite: (origin: string) => string): string {
    const match = /^(https?:\/\/[^/?#]+)(.*)$/i.exec(value);
    return match?.[1] === undefined ? value : rewrite(match[1].toLowerCase()) + (match[2] ?? '');
}

export function eachHeader(raw: RawHeaders, visit: (name: string, value: string) => void): void {
    for (let index = 0; index + 1 < raw.length; index += 2) {
        visit(raw[index] ?? '', raw[index + 1] ?? '');
    }
}

/** Underscores count as dashes: CGI-like servers read both alike. */
function isOwnHeader(given: string): boolean {
    const lower = given.replaceAll('_', '-');
    return lower === IDENTITY_HEADER || lower.startsWith(`${IDENTITY_HEADER}-`) || lower === REQUEST_SECRET_HEADER;
}

/** Names that the Connection header declares as meant for this hop. `close` and the like are no headers. */
function connectionNames(raw: RawHeaders): ReadonlySet<string> {
    const names = new Set<string>();
    eachHeader(raw, (name, value) => {
        if (name.toLowerCase() === 'connection') {
            for (const part of value.split(',')) {
                const declared = part.trim().toLowerCase();
                // A client must not be able to strip what we rely on.
                if (declared !== '' && !['host', 'cookie', 'origin', 'content-length'].includes(declared)) {
                    names.add(declared);
                }
            }
        }
    });
    return names;
}
