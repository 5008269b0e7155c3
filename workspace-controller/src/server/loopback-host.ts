import type { IncomingMessage, ServerResponse } from 'node:http';
import { RESERVED_PATH } from '@tandem/protocol';
import type { Addresses } from '../gateway/addresses.ts';
import { isSafari } from '../gateway/cookies.ts';
import { loopbackPage } from '../gateway/pages/loopback-page.ts';
import { sendPage } from '../gateway/pages/page.ts';
import { sendProblem } from '../gateway/problem.ts';
import { isNavigation } from '../gateway/request-kind.ts';

/** On the portal's host: says nothing, but may be asked by the page on localhost, which no other answer of the portal may. */
export const PROBE_PATH = `${RESERVED_PATH}here`;

/** Tells the page on localhost that the portal's name leads here. */
export function answerProbe(response: ServerResponse): void {
    response.writeHead(204, { 'Cross-Origin-Resource-Policy': 'cross-origin', 'Cache-Control': 'no-store' });
    response.end();
}

/**
 * `localhost:PORT` and `127.0.0.1:PORT` lead to the portal and serve nothing: cookies ignore ports, so every program on
 * localhost would get ours. Safari, which may not find the portal's name, gets a page that looks for it, says what
 * helps, and goes on by itself.
 */
export function answerLoopbackHost(request: IncomingMessage, response: ServerResponse, addresses: Addresses): void {
    const facts = { method: request.method ?? 'GET', headers: request.headers };
    if (!isNavigation(facts)) {
        sendProblem(response, 'unknown-host', `Nothing is served here. Use ${addresses.portalOrigin}.`);
        return;
    }
    const portalUrl = `${addresses.portalOrigin}${request.url ?? '/'}`;
    if (addresses.onLoopback && isSafari(request.headers['user-agent'])) {
        const portal = new URL(addresses.portalOrigin);
        sendPage(response, 200, loopbackPage({ portalUrl, portalHost: portal.host, probeUrl: `${addresses.portalOrigin}${PROBE_PATH}` }));
        return;
    }
    response.writeHead(302, { Location: portalUrl, 'Cache-Control': 'no-store', 'Content-Length': '0' });
    response.end();
}
