import { connect } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLOSE_CODES, RESERVED_PATH } from '@tandem/protocol';
import { admit, cookieNameFor } from './admission.ts';
import type { WorkspaceHost } from './addresses.ts';
import { handleApi } from './api-routes.ts';
import { isRefusal } from './connection-guard.ts';
import { handleCookie, readCookie, removedCookie } from './cookies.ts';
import type { GatewayContext } from './gateway-context.ts';
import { byePage, usedLinkPage } from './pages/message-pages.ts';
import { sendPage } from './pages/page.ts';
import { sendJson, sendProblem } from './problem.ts';
import { checkOrigin, isNavigation } from './request-kind.ts';
import { requestSecretOf } from './request-secret.ts';
import { queryOf, safeReturnPath } from './reserved-path.ts';
import { sessionState } from './session-state.ts';
import type { Endpoint } from '../runtime/workspace-runtime.ts';
import type { CookieWatch } from './cookie-watch.ts';

/** A code is short; anything longer is none. */
const MAX_CODE_LENGTH = 512;
const PROBE_TIMEOUT_MS = 2_000;

/** One call below `/.tandem/` of a workspace's or port's host. */
export interface ReservedCall {
    context: GatewayContext;
    cookieWatch: CookieWatch;
    request: IncomingMessage;
    response: ServerResponse;
    target: WorkspaceHost;
    host: string;
    /** First segment after `/.tandem/`, and what follows it. */
    name: string;
    rest: string;
}

export async function handleReserved(call: ReservedCall): Promise<void> {
    const { name, rest, request, response, target } = call;
    if (name === 'enter' && rest === '') {
        await enter(call);
    } else if (name === 'session' && rest === '') {
        await session(call);
    } else if (name === 'bye' && rest === '') {
        bye(call);
    } else if (name === 'api' && target.kind === 'workspace') {
        handleApi(call);
    } else if (name === 'collab' && target.kind === 'workspace') {
        sendProblem(response, 'invalid-request', `${RESERVED_PATH}collab speaks WebSocket. Send an upgrade.`, 426);
    } else {
        sendProblem(response, 'not-found', `${request.method} ${RESERVED_PATH}${name} does not exist.`);
    }
}

/** Identifies a browser roughly, to notice lost cookies. */
export function browserKey(context: GatewayContext, request: IncomingMessage): string {
    return `${context.clientAddress(request)} ${request.headers.host ?? ''} ${request.headers['user-agent'] ?? ''}`;
}

async function enter({ context, cookieWatch, request, response, target, host }: ReservedCall): Promise<void> {
    if (request.method !== 'GET') {
        response.setHeader('Allow', 'GET');
        sendProblem(response, 'method-not-allowed', 'A one-time link is opened with GET.');
        return;
    }
    const query = new URLSearchParams(queryOf(request.url ?? ''));
    const code = query.get('code') ?? '';
    const to = safeReturnPath(query.get('to'));
    const outcome =
        code === '' || code.length > MAX_CODE_LENGTH
            ? ({ refused: 'denied', explanation: 'The link is not complete. Open the workspace from the portal.' } as const)
            : await context.access.redeemCode(code, host);
    const wrongPlace = !('refused' in outcome) && outcome.access.workspace.name !== target.workspace;
    if ('refused' in outcome || wrongPlace) {
        const admission = admit(context, request, target);
        if (!('refused' in admission) && isNavigation({ method: 'GET', headers: request.headers })) {
            // The link was opened twice in the same browser: it is signed in already.
            redirect(response, to, []);
            return;
        }
        context.metrics.requestsRefused.add();
        const refusal =
            'refused' in outcome ? outcome : ({ refused: 'denied', explanation: 'This link was made for another workspace.' } as const);
        if (isNavigation({ method: 'GET', headers: request.headers })) {
            sendPage(response, 401, usedLinkPage({ workspace: target.workspace, refusal, openUrl: context.addresses.openUrl(target, to) }));
        } else {
            sendProblem(response, 'link-expired', refusal.explanation);
        }
        return;
    }
    cookieWatch.signedIn(browserKey(context, request));
    redirect(response, to, [handleCookie(cookieNameFor(context, request), outcome.handle)]);
}

function redirect(response: ServerResponse, location: string, cookies: string[]): void {
    response.setHeader('Location', location);
    if (cookies.length > 0) {
        response.setHeader('Set-Cookie', cookies);
    }
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.writeHead(302, { 'Content-Length': '0' });
    response.end();
}

async function session({ context, request, response, target }: ReservedCall): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('Allow', 'GET, HEAD');
        sendProblem(response, 'method-not-allowed', 'The session is read with GET.');
        return;
    }
    const access = admit(context, request, target);
    const admitted = !('refused' in access);
    const entry = admitted ? context.directory.byName(target.workspace) : undefined;
    const probes = new URLSearchParams(queryOf(request.url ?? '')).has('probe');
    const answering =
        probes && entry?.endpoint !== undefined ? await answers(context, target, entry.endpoint, entry.workspace.metadata.uid) : undefined;
    response.setHeader('Vary', 'Cookie');
    const state = sessionState({
        access: admitted ? access.access : access,
        entry,
        answering,
        openUrl: context.addresses.openUrl(target, '/'),
        portalUrl: context.addresses.portalOrigin,
        acceptsUpgrades: context.access.feedAlive,
    });
    if (target.kind === 'port' && answering === false) {
        state.reason = `Nothing listens on port ${target.port} yet.`;
    }
    if (admitted && target.kind === 'workspace') {
        state.requestSecret = requestSecretOf(access.handle);
    }
    sendJson(response, 200, state);
}

/** Whether somebody accepts connections behind a host. */
function answers(context: GatewayContext, target: WorkspaceHost, endpoint: Endpoint, workspaceUid: string): Promise<boolean> {
    if (target.kind === 'port') {
        return context.listeners.isServed(workspaceUid, target.port).catch(() => false);
    }
    return new Promise((resolve) => {
        const socket = 'socketPath' in endpoint ? connect(endpoint.socketPath) : connect(endpoint.port, endpoint.host);
        const settle = (answer: boolean): void => {
            socket.destroy();
            resolve(answer);
        };
        socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
        socket.once('connect', () => settle(true));
        socket.once('error', () => settle(false));
    });
}

function bye({ context, request, response, target, host }: ReservedCall): void {
    const cookieName = cookieNameFor(context, request);
    if (request.method === 'GET' || request.method === 'HEAD') {
        sendPage(response, 200, byePage({ workspace: target.workspace, action: `${RESERVED_PATH}bye` }));
        return;
    }
    if (request.method !== 'POST') {
        response.setHeader('Allow', 'GET, POST');
        sendProblem(response, 'method-not-allowed', 'Signing out is a POST.');
        return;
    }
    const verdict = checkOrigin({ method: 'POST', headers: request.headers }, context.addresses.originOf(target));
    if (!verdict.allowed) {
        sendProblem(response, 'origin-refused', verdict.reason);
        return;
    }
    const handle = readCookie(request.headers.cookie, cookieName);
    const access = context.access.lookup(handle, target.workspace, target.kind === 'port' ? target.port : undefined);
    if (handle !== undefined && !isRefusal(access)) {
        for (const connection of context.guard.live.ofHandle(handle, host)) {
            connection.cut({ code: CLOSE_CODES.signedOut, reason: 'You signed out of this workspace.' });
        }
    }
    response.setHeader('Set-Cookie', removedCookie(cookieName));
    request.resume();
    if (isNavigation({ method: 'GET', headers: request.headers })) {
        sendPage(response, 200, {
            title: 'Signed out · Tandem',
            overline: target.workspace,
            heading: 'You are signed out of this workspace',
            text: ['Open it from the portal to come back.'],
            actions: [{ label: 'Open the portal', href: context.addresses.portalOrigin }],
        });
    } else {
        response.writeHead(204, { 'Cache-Control': 'no-store' });
        response.end();
    }
}
