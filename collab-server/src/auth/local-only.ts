import type { IncomingMessage } from 'node:http';

/**
 * Whether a request may be served without authentication: the page it comes from, if any, and the name it was sent to
 * must be of this machine. Any web site could otherwise reach a server on loopback through its visitor's browser.
 */
export function isLocalRequest(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    return isLocalHost(hostOf(`http://${host ?? ''}`)) && (origin === undefined || isLocalHost(hostOf(origin)));
}

function hostOf(url: string): string | undefined {
    return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function isLocalHost(host: string | undefined): boolean {
    return (
        host !== undefined && (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host))
    );
}
