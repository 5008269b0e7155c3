import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES } from '@tandem/protocol';
import { systemClock, type Clock, type Logger, type Timer } from '@tandem/server-kit';
import type { WorkspaceAccessRegistry } from '../auth/workspace-access.ts';
import type { WorkspaceDirectory } from '../events.ts';
import { Addresses, type HostTarget } from './addresses.ts';
import { clientAddressOf, parseProxyRanges } from './client-address.ts';
import { ConnectionGuard } from './connection-guard.ts';
import { CookieWatch } from './cookie-watch.ts';
import { GatewayAudit, type AuditAppend } from './gateway-audit.ts';
import type { ApiHandler, CollabTarget, GatewayContext } from './gateway-context.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { IdentityCache } from './identity-cache.ts';
import { PortListeners, type ListeningPorts } from './port-listeners.ts';
import { handlePortRequest } from './port-requests.ts';
import { refuseUpgrade, sendProblem } from './problem.ts';
import { handleReserved } from './reserved-routes.ts';
import { classifyPath } from './reserved-path.ts';
import { StaticHosts, type StaticDirectories } from './static-hosts.ts';
import { handleWorkspaceUpgrade } from './upgrades.ts';
import { Upstream } from './upstream.ts';
import type { WebSocketRelay } from './websocket/websocket-relay.ts';
import { handleWorkspaceRequest } from './workspace-requests.ts';

/** Below the 30 s after which the first proxies on the way close a silent line. */
const PING_INTERVAL_MS = 25_000;
/** How long closing waits for the close frames to leave. */
const CLOSE_GRACE_MS = 200;

export interface GatewayConfig {
    /** Origin of the portal. */
    portalUrl: URL;
    /** Content domain without port. */
    contentDomain: string;
    /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
    trustedProxies: readonly string[];
    /** Ports of the platform itself, never served as a workspace's port. */
    platformPorts: readonly number[];
    directories: StaticDirectories;
}

export interface GatewayOptions {
    config: GatewayConfig;
    directory: WorkspaceDirectory;
    access: WorkspaceAccessRegistry;
    listeningPorts: ListeningPorts;
    logger: Logger;
    /** Gets what was refused and cut. */
    audit: AuditAppend;
    /** Absent: `/.tandem/api/` does not exist. */
    api?: ApiHandler;
    /** Absent: `/.tandem/collab` is refused. */
    collab?: CollabTarget;
    clock?: Clock;
    metrics?: GatewayMetrics;
}

/** Everything below the content domain. */
export interface Gateway {
    readonly addresses: Addresses;
    readonly metrics: GatewayMetrics;
    /** Answers a request to `target`; never throws. */
    handleRequest(request: IncomingMessage, response: ServerResponse, target: HostTarget): void;
    /** Takes over the socket of an upgrade to `target`; never throws. */
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: HostTarget): void;
    /** How many connections of a workspace are open, by its name. */
    connectionsOf(workspaceName: string): number;
    /** Tells every open WebSocket to come back later and ends everything. */
    close(): Promise<void>;
}

export function createGateway(options: GatewayOptions): Gateway {
    const { config, access, directory, logger } = options;
    const clock = options.clock ?? systemClock;
    const metrics = options.metrics ?? new GatewayMetrics();
    const audit = new GatewayAudit({ append: options.audit, clock, logger });
    const guard = new ConnectionGuard({ access, clock, audit, metrics });
    const trustedProxies = parseProxyRanges(config.trustedProxies);
    const context: GatewayContext = {
        addresses: new Addresses(config),
        directory,
        access,
        guard,
        audit,
        metrics,
        clock,
        logger,
        identities: new IdentityCache({ access, clock }),
        upstream: new Upstream(),
        listeners: new PortListeners({ listeningPorts: options.listeningPorts, clock, platformPorts: config.platformPorts }),
        api: options.api,
        collab: options.collab,
        clientAddress: (request) => clientAddressOf(request, trustedProxies),
    };
    metrics.openConnections = (kind) => guard.live.count(kind);
    return new RunningGateway(context, new StaticHosts({ addresses: context.addresses, directories: config.directories }));
}

class RunningGateway implements Gateway {
    private readonly context: GatewayContext;
    private readonly staticHosts: StaticHosts;
    private readonly cookieWatch: CookieWatch;
    private readonly relays = new Set<WebSocketRelay>();
    private pingTimer: Timer;

    constructor(context: GatewayContext, staticHosts: StaticHosts) {
        this.context = context;
        this.staticHosts = staticHosts;
        this.cookieWatch = new CookieWatch(context.clock);
        this.pingTimer = this.schedulePings();
    }

    get addresses(): Addresses {
        return this.context.addresses;
    }

    get metrics(): GatewayMetrics {
        return this.context.metrics;
    }

    handleRequest(request: IncomingMessage, response: ServerResponse, target: HostTarget): void {
        this.route(request, response, target).catch((error: unknown) => {
            this.context.logger.error({ err: error, host: request.headers.host }, 'A request to the gateway failed');
            if (!response.destroyed) {
                sendProblem(response, 'internal', 'The gateway could not answer. Try again.');
            }
        });
    }

    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: HostTarget): void {
        socket.on('error', () => socket.destroy());
        if (target.kind !== 'workspace' && target.kind !== 'port') {
            this.context.metrics.upgradesRefused.add();
            refuseUpgrade(socket, target.kind === 'unknown' ? 'unknown-host' : 'forbidden', 'This host has no WebSockets.');
            return;
        }
        const host = request.headers.host ?? '';
        void handleWorkspaceUpgrade({ context: this.context, request, socket, head, target, host, relays: this.relays });
    }

    connectionsOf(workspaceName: string): number {
        return this.context.guard.live.ofWorkspace(workspaceName).length;
    }

    async close(): Promise<void> {
        this.pingTimer.cancel();
        const relays = [...this.relays];
        for (const relay of relays) {
            relay.cut(CLOSE_CODES.serviceRestart, 'The platform restarts.');
        }
        if (relays.length > 0) {
            await new Promise((resolve) => setTimeout(resolve, CLOSE_GRACE_MS));
        }
        for (const connection of this.context.guard.live) {
            connection.cut({ code: CLOSE_CODES.serviceRestart, reason: 'The platform restarts.' });
        }
        for (const relay of relays) {
            relay.destroy();
        }
        this.context.guard.dispose();
        this.context.upstream.close();
    }

    private async route(request: IncomingMessage, response: ServerResponse, target: HostTarget): Promise<void> {
        switch (target.kind) {
            case 'static':
                this.staticHosts.serveBundle(request, response);
                return;
            case 'webview':
                this.staticHosts.serveWebview(request, response, target.workspace);
                return;
            case 'workspace':
            case 'port':
                break;
            default:
                sendProblem(
                    response,
                    'unknown-host',
                    'No workspace has this address. Look at the address, or open the workspace from the portal.',
                );
                return;
        }
        const call = { context: this.context, cookieWatch: this.cookieWatch, request, response, host: request.headers.host ?? '' };
        const path = classifyPath(request.url ?? '/');
        if (path.kind === 'disguised') {
            this.context.metrics.requestsRefused.add();
            sendProblem(response, 'invalid-request', 'The path is not written plainly.');
        } else if (path.kind === 'reserved') {
            await handleReserved({ ...call, target, name: path.name, rest: path.rest });
        } else if (request.method === 'TRACE' || request.method === 'CONNECT') {
            sendProblem(response, 'method-not-allowed', `${request.method} is not passed on.`);
        } else if (target.kind === 'port') {
            await handlePortRequest({ ...call, target });
        } else {
            await handleWorkspaceRequest({ ...call, target });
        }
    }

    private schedulePings(): Timer {
        return this.context.clock.setTimeout(() => {
            for (const relay of [...this.relays]) {
                if (!relay.ping()) {
                    this.context.metrics.silentPeers.add();
                }
            }
            this.pingTimer = this.schedulePings();
        }, PING_INTERVAL_MS);
    }
}
