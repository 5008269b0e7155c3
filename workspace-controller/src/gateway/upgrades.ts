import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { COLLAB_AUDIENCE, IDENTITY_HEADER, RESERVED_PATH, workspaceAudience, type ErrorCode } from '@tandem/protocol';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import type { WorkspaceEntry } from '../events.ts';
import type { WorkspaceHost } from './addresses.ts';
import { admit } from './admission.ts';
import type { GatewayContext } from './gateway-context.ts';
import { eachHeader, type RequestRules } from './header-rules.ts';
import type { Ending, LiveConnection } from './live-connections.ts';
import { isOwnPort, portRequestRules, portTarget } from './port-requests.ts';
import { refuseUpgrade } from './problem.ts';
import { proxyUpgrade } from './proxy-upgrade.ts';
import { checkUpgradeOrigin } from './request-kind.ts';
import { classifyPath } from './reserved-path.ts';
import type { UpstreamTarget } from './upstream.ts';
import { forwardedFor, ideRequestRules } from './workspace-requests.ts';
import type { WebSocketRelay } from './websocket/websocket-relay.ts';

/** A collaboration socket that its server has not ended by then is ended here. */
const COLLAB_CUT_MS = 100;

export interface UpgradeCall {
    context: GatewayContext;
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
    target: WorkspaceHost;
    host: string;
    /** Every relay that lives, for pings. */
    relays: Set<WebSocketRelay>;
}

interface Route {
    upstream: UpstreamTarget | 'collab-handler';
    rules: RequestRules;
    path: string;
}

/** Lets a WebSocket in: cookie, exact origin, state of the grant, then the upstream's own word. */
export async function handleWorkspaceUpgrade(call: UpgradeCall): Promise<void> {
    const { context, request, socket, target } = call;
    socket.on('error', () => socket.destroy());
    const malformed = checkHandshake(request);
    if (malformed !== undefined) {
        refused(call, 'invalid-request', malformed);
        return;
    }
    const admission = admit(context, request, target);
    if ('refused' in admission) {
        refused(call, admission.refused === 'denied' ? 'forbidden' : 'not-signed-in', admission.explanation);
        return;
    }
    const { access, handle } = admission;
    // Without a cookie there is nothing that a foreign page could abuse.
    const siblings = (origin: string): boolean => target.kind === 'port' && isOwnPort(context, target, origin);
    const verdict = checkUpgradeOrigin(request.headers.origin, context.addresses.originOf(target), siblings);
    if (!verdict.allowed && access.anonymous !== true) {
        refused(call, 'origin-refused', verdict.reason, access);
        return;
    }
    if (!context.access.feedAlive) {
        refused(call, 'unavailable', 'Revocations are not heard right now, so no new connection is opened. Trying again helps.', access);
        return;
    }
    const path = classifyPath(request.url ?? '/');
    if (path.kind === 'disguised' || (path.kind === 'reserved' && (path.name !== 'collab' || target.kind !== 'workspace'))) {
        refused(call, 'not-found', `There is no WebSocket below ${RESERVED_PATH} but collab.`, access);
        return;
    }
    // From here on a revocation ends it, also while the upstream still thinks.
    const connection = new PendingConnection(access, handle, call.host, path.kind === 'reserved' ? 'collab' : 'websocket');
    const watched = context.guard.watch(connection);
    connection.onCut = ({ reason }) => refuseUpgrade(socket, 'not-signed-in', reason);
    socket.once('close', () => watched.dispose());
    try {
        const route = await routeFor(call, access, path.kind === 'reserved');
        if (connection.ended || socket.destroyed) {
            return;
        }
        if ('code' in route) {
            watched.dispose();
            refused(call, route.code, route.reason, access);
        } else if (route.upstream === 'collab-handler') {
            handToCollab(call, route, connection);
        } else {
            relay(call, route, connection, watched.dispose.bind(watched));
        }
    } catch (error) {
        watched.dispose();
        context.logger.error({ err: error, workspace: target.workspace }, 'An upgrade failed');
        refuseUpgrade(socket, 'internal', 'The connection could not be made. Try again.');
    }
}

class PendingConnection implements LiveConnection {
    readonly access: WorkspaceAccess;
    readonly handle: string;
    readonly host: string;
    readonly kind: 'websocket' | 'collab';
    ended = false;
    onCut: (ending: Ending) => void = () => undefined;

    constructor(access: WorkspaceAccess, handle: string, host: string, kind: 'websocket' | 'collab') {
        this.access = access;
        this.handle = handle;
        this.host = host;
        this.kind = kind;
    }

    cut(ending: Ending): void {
        if (!this.ended) {
            this.ended = true;
            this.onCut(ending);
        }
    }
}

async function routeFor(call: UpgradeCall, access: WorkspaceAccess, collab: boolean): Promise<Route | { code: ErrorCode; reason: string }> {
    const { context, request, target } = call;
    const entry = context.directory.byName(target.workspace);
    if (entry === undefined || entry.workspace.metadata.uid !== access.workspace.uid) {
        return { code: 'not-found', reason: 'This workspace was deleted.' };
    }
    const path = request.url ?? '/';
    if (collab) {
        return collabRoute(call, access, entry, path.slice(`${RESERVED_PATH}collab`.length));
    }
    if (target.kind === 'port') {
        const upstream = await portTarget(context, target, entry);
        return upstream === undefined
            ? { code: 'unavailable', reason: `Nothing in the workspace listens on port ${target.port}.` }
            : { upstream, rules: portRequestRules({ ...call, target }), path };
    }
    if (entry.endpoint === undefined) {
        return { code: 'workspace-not-running', reason: 'The workspace is not running. Open its page to wake it.' };
    }
    const identity = await context.identities.get(access, workspaceAudience(access.workspace.uid), entry.generation);
    return { upstream: entry.endpoint, rules: ideRequestRules(call, identity), path };
}

async function collabRoute(
    call: UpgradeCall,
    access: WorkspaceAccess,
    entry: WorkspaceEntry,
    rest: string,
): Promise<Route | { code: ErrorCode; reason: string }> {
    const { context } = call;
    if (context.collab === undefined) {
        return { code: 'unavailable', reason: 'No collaboration server is configured.' };
    }
    const identity = await context.identities.get(access, COLLAB_AUDIENCE, entry.generation);
    const rules: RequestRules = { identity, removesAuthorization: () => true, forwarded: forwardedFor(call) };
    const path = rest.startsWith('/') ? rest : `/${rest}`;
    return { upstream: 'endpoint' in context.collab ? context.collab.endpoint : 'collab-handler', rules, path };
}

function relay(call: UpgradeCall, route: Route, connection: PendingConnection, forget: () => void): void {
    const { context, request, socket, head, target, relays } = call;
    let opened: WebSocketRelay | undefined;
    const pending = proxyUpgrade({
        request,
        socket,
        head,
        upstream: context.upstream,
        target: route.upstream as UpstreamTarget,
        path: route.path,
        requestRules: route.rules,
        tellsCrash: target.kind === 'workspace',
        stillAdmitted: () =>
            !connection.ended && !('refused' in context.access.lookup(connection.handle, target.workspace, connection.access.port)),
        onDidOpen: (relaying) => {
            opened = relaying;
            relays.add(relaying);
            context.metrics.upgrades.add();
            connection.onCut = ({ code, reason }) => relaying.cut(code, reason);
        },
        onDidClose: ({ bytesIn, bytesOut }) => {
            forget();
            if (opened) {
                relays.delete(opened);
            }
            context.metrics.bytesIn.add(bytesIn);
            context.metrics.bytesOut.add(bytesOut);
        },
        onFailure: (error) => {
            if (connection.ended) {
                refuseUpgrade(socket, 'not-signed-in', 'Your access ended while the connection was made.');
                return;
            }
            context.metrics.upstreamFailures.add();
            context.logger.debug({ err: error, workspace: target.workspace }, 'An upgrade was not answered');
            refuseUpgrade(socket, 'unavailable', 'The workspace does not answer. Try again in a moment.', 502);
        },
    });
    if (opened === undefined) {
        connection.onCut = ({ reason }) => {
            refuseUpgrade(socket, 'not-signed-in', reason);
            pending.abort();
        };
    }
}

/** The collaboration server of the same process takes the socket over; nothing of the browser's credentials goes along. */
function handToCollab({ context, request, socket, head }: UpgradeCall, route: Route, connection: PendingConnection): void {
    if (context.collab === undefined || 'endpoint' in context.collab) {
        return;
    }
    context.metrics.upgrades.add();
    connection.onCut = () => {
        setTimeout(() => socket.destroy(), COLLAB_CUT_MS).unref();
    };
    const headers: string[] = [];
    eachHeader(request.rawHeaders, (name, value) => {
        if (!['cookie', 'authorization', IDENTITY_HEADER].includes(name.toLowerCase())) {
            headers.push(name, value);
        }
    });
    headers.push('Tandem-Identity', route.rules.identity ?? '');
    request.rawHeaders = headers;
    delete request.headers.cookie;
    delete request.headers.authorization;
    request.headers[IDENTITY_HEADER] = route.rules.identity;
    request.url = route.path;
    context.collab.handleUpgrade(request, socket, head);
}

/** What makes a request a WebSocket handshake (RFC 6455, section 4.2.1), or what it lacks. */
function checkHandshake({ method, headers }: IncomingMessage): string | undefined {
    if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') {
        return 'Only WebSocket upgrades are passed on.';
    }
    if (!/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')) {
        return 'The header Sec-WebSocket-Key is missing or not valid.';
    }
    if (headers['sec-websocket-version'] !== '13') {
        return 'The WebSocket version is not 13.';
    }
    return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined ? 'An upgrade has no body.' : undefined;
}

function refused(call: UpgradeCall, code: ErrorCode, reason: string, access?: WorkspaceAccess): void {
    const { context, socket, request, target, host } = call;
    context.metrics.upgradesRefused.add();
    context.audit.refusedUpgrade({
        workspace: target.workspace,
        host,
        address: context.clientAddress(request),
        reason,
        ...(access === undefined ? {} : { actor: access.user.name, grant: access.grantId }),
    });
    refuseUpgrade(socket, code, reason);
}
