import type { IncomingMessage, ServerResponse } from 'node:http';
import { workspaceAudience } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import type { WorkspaceEntry } from '../events.ts';
import type { WorkspaceHost } from './addresses.ts';
import { admit, type Admission } from './admission.ts';
import type { CookieWatch } from './cookie-watch.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { RequestRules, ResponseRules } from './header-rules.ts';
import { brokenUpstreamPage, cookiesBlockedPage, refusedPage } from './pages/message-pages.ts';
import { sendPage } from './pages/page.ts';
import { waitingPage } from './pages/waiting-page.ts';
import { sendProblem } from './problem.ts';
import { proxyRequest, type UpstreamFailure } from './proxy-request.ts';
import { checkOrigin, isNavigation, type RequestFacts } from './request-kind.ts';
import { browserKey } from './reserved-routes.ts';
import { sessionState } from './session-state.ts';

/** A navigation waits this long for a workspace that is nearly there, before it shows the waiting page. */
const QUICK_START_MS = 150;
/** How long one opening keeps asking for a workspace; the waiting page asks again. */
const WAKE_TIMEOUT_MS = 5 * 60_000;

export interface HostRequest {
    context: GatewayContext;
    cookieWatch: CookieWatch;
    request: IncomingMessage;
    response: ServerResponse;
    target: WorkspaceHost;
    /** Host header. */
    host: string;
}

/** What the headers for an upstream are made from, of requests and upgrades alike. */
export type RequestOrigin = Pick<HostRequest, 'context' | 'request' | 'host'>;

/** A request for the IDE of a workspace. */
export async function handleWorkspaceRequest(call: HostRequest): Promise<void> {
    const { context, request, response, target } = call;
    const admission = admit(context, request, target);
    if ('refused' in admission) {
        refuse(call, admission);
        return;
    }
    call.cookieWatch.kept(browserKey(context, request));
    const facts = factsOf(request);
    const verdict = checkOrigin(facts, context.addresses.originOf(target));
    if (!verdict.allowed) {
        context.metrics.requestsRefused.add();
        sendProblem(response, 'origin-refused', verdict.reason);
        return;
    }
    if (isForeignFrame(facts)) {
        context.metrics.requestsRefused.add();
        sendProblem(response, 'origin-refused', 'A workspace is not shown inside pages of other origins.');
        return;
    }
    const { access } = admission;
    const entry = entryFor(context, access) ?? (isNavigation(facts) ? await wake(context, access) : undefined);
    if (entry?.endpoint === undefined) {
        notRunning(call, access);
        return;
    }
    const identity = await context.identities.get(access, workspaceAudience(access.workspace.uid), entry.generation);
    if (!watchRequest(call, admission)) {
        return;
    }
    context.metrics.requests.add();
    proxyRequest({
        request,
        response,
        upstream: context.upstream,
        target: entry.endpoint,
        requestRules: ideRequestRules(call, identity),
        responseRules: (incoming) => ideResponseRules(context, incoming),
        onFailure: (failure, error) => failed(call, access, failure, error),
    });
}

/** Headers for the IDE: Host and Origin as the browser sent them, which its own origin check needs. */
export function ideRequestRules(call: RequestOrigin, identity: string): RequestRules {
    return {
        identity,
        removesAuthorization: () => true,
        forwarded: forwardedFor(call),
    };
}

export function forwardedFor({ context, request, host }: RequestOrigin): RequestRules['forwarded'] {
    return { address: context.clientAddress(request), proto: context.addresses.secure ? 'https' : 'http', host };
}

export function factsOf(request: IncomingMessage): RequestFacts {
    return { method: request.method ?? 'GET', headers: request.headers };
}

/** Answers a request without a right: people are led to the portal, programs get an error. */
export function refuse(
    { context, cookieWatch, request, response, target }: HostRequest,
    refusal: Extract<Admission, { refused: unknown }>,
): void {
    context.metrics.requestsRefused.add();
    const openUrl = context.addresses.openUrl(target, request.url ?? '/');
    if (!isNavigation(factsOf(request))) {
        sendProblem(response, refusal.refused === 'denied' ? 'forbidden' : 'not-signed-in', refusal.explanation);
    } else if (refusal.refused === 'denied' || refusal.refused === 'revoked') {
        sendPage(response, 403, refusedPage({ workspace: target.workspace, refusal, portalUrl: context.addresses.portalOrigin }));
    } else if (cookieWatch.losesCookies(browserKey(context, request))) {
        sendPage(response, 403, cookiesBlockedPage({ workspace: target.workspace, openUrl }));
    } else {
        response.writeHead(302, { Location: openUrl, 'Cache-Control': 'no-store', 'Content-Length': '0', Vary: 'Cookie' });
        response.end();
    }
}

/**
 * Registers a running request, so that it is cut when the right to it ends.
 *
 * @returns false when it ended meanwhile; the request is then answered
 */
export function watchRequest(
    { context, request, response, host }: HostRequest,
    admission: { access: WorkspaceAccess; handle: string },
): boolean {
    const { access, handle } = admission;
    if (response.destroyed) {
        return false;
    }
    const again = context.access.lookup(handle, access.workspace.name, access.port);
    if ('refused' in again) {
        sendProblem(response, 'not-signed-in', again.explanation);
        return false;
    }
    const watched = context.guard.watch({
        kind: 'request',
        access,
        handle,
        host,
        cut: ({ reason }) => {
            watched.dispose();
            if (response.headersSent) {
                response.destroy();
            } else {
                sendProblem(response, 'not-signed-in', reason);
            }
            request.destroy();
        },
    });
    response.once('close', () => watched.dispose());
    return true;
}

function entryFor(context: GatewayContext, access: WorkspaceAccess): WorkspaceEntry | undefined {
    const entry = context.directory.byName(access.workspace.name);
    return entry?.endpoint !== undefined && entry.workspace.metadata.uid === access.workspace.uid ? entry : undefined;
}

/** Asks for a workspace that somebody opens; goes on asking after the answer was sent. */
async function wake(context: GatewayContext, access: WorkspaceAccess): Promise<WorkspaceEntry | undefined> {
    const running = context.directory.whenRunning(access.workspace.name, { timeoutMs: WAKE_TIMEOUT_MS }).catch((error: unknown) => {
        if (!(error instanceof AppError)) {
            context.logger.warn({ err: error, workspace: access.workspace.name }, 'Waking a workspace failed');
        }
        return undefined;
    });
    const impatient = new Promise<undefined>((resolve) => {
        setTimeout(() => resolve(undefined), QUICK_START_MS).unref();
    });
    await Promise.race([running, impatient]);
    return entryFor(context, access);
}

function notRunning({ context, request, response, target }: HostRequest, access: WorkspaceAccess): void {
    const entry = context.directory.byName(target.workspace);
    const openUrl = context.addresses.openUrl(target, request.url ?? '/');
    const session = sessionState({
        access,
        entry,
        answering: false,
        openUrl,
        portalUrl: context.addresses.portalOrigin,
        acceptsUpgrades: context.access.feedAlive,
    });
    if (session.reasonCode === 'not-found') {
        sendProblem(response, 'not-found', session.reason);
        return;
    }
    response.setHeader('Retry-After', '2');
    if (isNavigation(factsOf(request))) {
        const displayName = entry?.workspace.spec.displayName ?? target.workspace;
        const page = waitingPage({ workspace: target.workspace, displayName, session, openUrl, portalUrl: context.addresses.portalOrigin });
        sendPage(response, 503, page);
    } else {
        sendProblem(response, 'workspace-not-running', session.reason);
    }
}

function failed(
    { context, request, response, target }: HostRequest,
    access: WorkspaceAccess,
    failure: UpstreamFailure,
    error: Error,
): void {
    context.metrics.upstreamFailures.add();
    context.logger.warn({ err: error, workspace: target.workspace, failure }, 'A workspace did not answer');
    const status = failure === 'timeout' ? 504 : failure === 'nobody-there' ? 503 : 502;
    response.setHeader('Retry-After', '2');
    if (isNavigation(factsOf(request))) {
        const displayName = context.directory.byName(access.workspace.name)?.workspace.spec.displayName ?? target.workspace;
        const openUrl = context.addresses.openUrl(target, request.url ?? '/');
        const { portalOrigin } = context.addresses;
        sendPage(
            response,
            status,
            brokenUpstreamPage({ workspace: target.workspace, displayName, failure, openUrl, portalUrl: portalOrigin }),
        );
    } else {
        sendProblem(response, 'unavailable', 'The workspace does not answer. It may be restarting; try again in a moment.', status);
    }
}

/** Whether a page of another origin wants to show the IDE in a frame. */
function isForeignFrame({ headers }: RequestFacts): boolean {
    const destination = headers['sec-fetch-dest'];
    const site = headers['sec-fetch-site'];
    return (destination === 'iframe' || destination === 'frame') && site !== undefined && site !== 'same-origin';
}

function ideResponseRules(context: GatewayContext, incoming: IncomingMessage): ResponseRules {
    const extra: string[] = [];
    if (/^text\/html\b/i.test(incoming.headers['content-type'] ?? '')) {
        extra.push('Content-Security-Policy', "frame-ancestors 'self'");
    }
    if (context.addresses.secure) {
        extra.push('Strict-Transport-Security', 'max-age=31536000');
    }
    return { extra };
}
