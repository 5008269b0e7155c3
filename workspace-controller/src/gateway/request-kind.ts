import type { IncomingHttpHeaders } from 'node:http';

/** The part of a request that decisions are made from. */
export interface RequestFacts {
    method: string;
    headers: IncomingHttpHeaders;
}

/** Methods that change nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a person is on the way to a page: only such requests are ever redirected or answered with HTML. */
export function isNavigation({ method, headers }: RequestFacts): boolean {
    if (method !== 'GET' && method !== 'HEAD') {
        return false;
    }
    const mode = headers['sec-fetch-mode'];
    if (mode !== undefined) {
        const destination = headers['sec-fetch-dest'];
        return mode === 'navigate' && destination !== 'object' && destination !== 'embed';
    }
    // Browsers without fetch metadata ask for HTML first.
    return /^\s*text\/html\b/i.test(headers.accept ?? '') && headers['x-requested-with'] === undefined;
}

/** Whether it is a CORS preflight, which never carries a cookie. */
export function isPreflight({ method, headers }: RequestFacts): boolean {
    return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

export type OriginVerdict = { allowed: true } | { allowed: false; reason: string };

/**
 * Whether a request with the cookie may have come from where it pretends: the cookie is sent by every page of the same
 * site, so a neighbour's page must be told apart from ours.
 *
 * @param ownOrigin origin that the request is addressed to
 * @param siblings whether an origin belongs to the same workspace and is let in too
 */
export function checkOrigin(facts: RequestFacts, ownOrigin: string, siblings: (origin: string) => boolean = () => false): OriginVerdict {
    const { method, headers } = facts;
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    const admitted = (candidate: string): boolean => candidate === ownOrigin || siblings(candidate);
    if (origin !== undefined && origin !== 'null') {
        return admitted(origin) ? { allowed: true } : refuse(`The request comes from ${shorten(origin)}, not from ${ownOrigin}.`);
    }
    if (!SAFE_METHODS.has(method)) {
        return site === 'same-origin' ? { allowed: true } : refuse(`A ${method} needs the header "Origin: ${ownOrigin}".`);
    }
    if (site === undefined || site === 'same-origin' || site === 'none') {
        return { allowed: true };
    }
    if (isNavigation(facts)) {
        return { allowed: true };
    }
    const refererOrigin = originOfReferer(headers.referer);
    return refererOrigin !== undefined && refererOrigin !== ownOrigin && siblings(refererOrigin)
        ? { allowed: true }
        : refuse(`The request comes from another site than ${ownOrigin}.`);
}

/** Upgrades need the exact origin, always: a WebSocket carries the cookie from any page of the site. */
export function checkUpgradeOrigin(origin: string | undefined, ownOrigin: string, siblings: (origin: string) => boolean): OriginVerdict {
    if (origin === undefined) {
        return refuse(`A WebSocket needs the header "Origin: ${ownOrigin}".`);
    }
    return origin === ownOrigin || siblings(origin)
        ? { allowed: true }
        : refuse(`The WebSocket comes from ${shorten(origin)}, not from ${ownOrigin}.`);
}

function originOfReferer(referer: string | undefined): string | undefined {
    return referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined;
}

function refuse(reason: string): OriginVerdict {
    return { allowed: false, reason };
}

function shorten(text: string): string {
    return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
