import { PORT_HOST_SEPARATOR } from '@tandem/protocol';
import { parseHostHeader, type HostTarget } from './addresses.ts';
import { admit } from './admission.ts';
import type { GatewayContext } from './gateway-context.ts';
import { rewriteUrlOrigin, type RequestRules, type ResponseRules } from './header-rules.ts';
import { brokenPortPage, silentPortPage } from './pages/message-pages.ts';
import { sendPage } from './pages/page.ts';
import { sendProblem } from './problem.ts';
import { proxyRequest, type UpstreamFailure } from './proxy-request.ts';
import { checkOrigin, isNavigation, isPreflight } from './request-kind.ts';
import { browserKey } from './reserved-routes.ts';
import type { UpstreamTarget } from './upstream.ts';
import type { WorkspaceEntry } from '../events.ts';
import { factsOf, forwardedFor, refuse, watchRequest, type HostRequest, type RequestOrigin } from './workspace-requests.ts';

export type PortHost = Extract<HostTarget, { kind: 'port' }>;

/** A request for a program that listens in a workspace. */
export async function handlePortRequest(call: HostRequest & { target: PortHost }): Promise<void> {
    const { context, request, response, target } = call;
    const facts = factsOf(request);
    const preflight = isPreflight(facts);
    const admission = admit(context, request, target);
    // A preflight carries no cookie and changes nothing; what follows it is checked.
    if ('refused' in admission && !preflight) {
        refuse(call, admission);
        return;
    }
    if (!('refused' in admission)) {
        const { anonymous } = admission.access;
        if (anonymous !== true) {
            call.cookieWatch.kept(browserKey(context, request));
        }
        const verdict = checkOrigin(facts, context.addresses.originOf(target), (origin) => isOwnPort(context, target, origin));
        // Without a cookie there is nothing that a foreign page could abuse; hooks of other services are welcome.
        if (!verdict.allowed && !preflight && anonymous !== true) {
            context.metrics.requestsRefused.add();
            sendProblem(response, 'origin-refused', verdict.reason);
            return;
        }
    }
    const entry = context.directory.byName(target.workspace);
    const expectedUid = 'refused' in admission ? entry?.workspace.metadata.uid : admission.access.workspace.uid;
    const upstream =
        entry !== undefined && entry.workspace.metadata.uid === expectedUid ? await portTarget(context, target, entry) : undefined;
    if (upstream === undefined) {
        if (preflight) {
            sendProblem(response, 'unavailable', `Nothing listens on port ${target.port}.`, 502);
        } else {
            await silent(call, entry);
        }
        return;
    }
    if (!('refused' in admission) && !watchRequest(call, admission)) {
        return;
    }
    context.metrics.requests.add();
    proxyRequest({
        request,
        response,
        upstream: context.upstream,
        target: upstream,
        requestRules: portRequestRules(call),
        responseRules: () => portResponseRules(context, target),
        onFailure: (failure, error) => failed(call, failure, error),
    });
}

/** Where a port is dialled, or undefined when no process of the workspace listens there. */
export async function portTarget(context: GatewayContext, target: PortHost, entry: WorkspaceEntry): Promise<UpstreamTarget | undefined> {
    const { endpoint } = entry;
    if (endpoint === undefined || !(await context.listeners.isServed(entry.workspace.metadata.uid, target.port))) {
        return undefined;
    }
    return 'socketPath' in endpoint ? { loopbackPort: target.port } : { host: endpoint.host, port: target.port };
}

/** Programs believe that they are visited on localhost, as in every other editor. They never get an identity. */
export function portRequestRules(call: RequestOrigin & { target: PortHost }): RequestRules {
    const { context, target } = call;
    return {
        host: `localhost:${target.port}`,
        rewriteOrigin: (origin) => localOrigin(context, target, origin),
        // The program's own tokens pass; ours stay here.
        removesAuthorization: (value) => /^\s*bearer\s+tdm_/i.test(value),
        forwarded: forwardedFor(call),
    };
}

/** Whether an origin is a port of the same workspace: both ends are its programs. */
export function isOwnPort(context: GatewayContext, target: PortHost, origin: string): boolean {
    const port = portOfOrigin(context, target, origin);
    return port !== undefined && context.addresses.portOrigin(target.workspace, port) === origin;
}

function portResponseRules(context: GatewayContext, target: PortHost): ResponseRules {
    const publicOrigin = (origin: string): string => {
        const local = /^https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d{1,5}))?$/i.exec(origin);
        if (!local) {
            return origin;
        }
        const port = Number(local[1] ?? (origin.startsWith('https') ? 443 : 80));
        return context.addresses.portOrigin(target.workspace, port);
    };
    return {
        rewriteLocation: (location) => rewriteUrlOrigin(location, publicOrigin),
        rewriteOrigin: publicOrigin,
        ...(context.addresses.secure ? { extra: ['Strict-Transport-Security', 'max-age=31536000'] } : {}),
    };
}

function localOrigin(context: GatewayContext, target: PortHost, origin: string): string {
    const port = portOfOrigin(context, target, origin);
    return port === undefined ? origin : `http://localhost:${port}`;
}

/** `5173` of `https://5173--api-x7k2.ws.example.com`, for the same workspace only. */
function portOfOrigin(context: GatewayContext, target: PortHost, origin: string): number | undefined {
    if (!URL.canParse(origin) || !origin.includes(PORT_HOST_SEPARATOR)) {
        return undefined;
    }
    const host = parseHostHeader(new URL(origin).host);
    const named = host === undefined ? undefined : context.addresses.classify(host.name);
    return named?.kind === 'port' && named.workspace === target.workspace ? named.port : undefined;
}

async function silent(
    { context, request, response, target }: HostRequest & { target: PortHost },
    entry: WorkspaceEntry | undefined,
): Promise<void> {
    const running = entry?.endpoint !== undefined;
    const reason = running
        ? `Nothing in the workspace listens on port ${target.port}. Start the program and try again.`
        : 'The workspace is not running. Open it in the portal.';
    if (!isNavigation(factsOf(request))) {
        sendProblem(response, running ? 'unavailable' : 'workspace-not-running', reason, running ? 502 : 503);
        return;
    }
    const listeners = running ? await context.listeners.of(entry.workspace.metadata.uid).catch(() => []) : [];
    const others = listeners.map(({ port, process }) => ({ port, process, url: context.addresses.portOrigin(target.workspace, port) }));
    const openUrl = context.addresses.openUrl(target, request.url ?? '/');
    sendPage(response, running ? 502 : 503, silentPortPage({ workspace: target.workspace, port: target.port, others, openUrl }));
}

function failed({ context, request, response, target }: HostRequest & { target: PortHost }, failure: UpstreamFailure, error: Error): void {
    context.metrics.upstreamFailures.add();
    context.logger.debug({ err: error, workspace: target.workspace, port: target.port, failure }, 'A port did not answer');
    const status = failure === 'timeout' ? 504 : 502;
    if (isNavigation(factsOf(request))) {
        sendPage(response, status, brokenPortPage({ workspace: target.workspace, port: target.port, failure }));
    } else {
        sendProblem(response, 'unavailable', `The program on port ${target.port} did not answer.`, status);
    }
}
