import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { COLLAB_PATH, IDENTITY_HEADER, RESERVED_PATH } from '@tandem/protocol';
import { lockDirectory, type Clock, type Lifecycle, type Logger } from '@tandem/server-kit';
import type { ControllerConfig } from './config.ts';
import { openContext, prepareDataDirectory, type ControllerContext, type Programs } from './context.ts';
import { createGateway } from './gateway/gateway.ts';
import type { CollabTarget } from './gateway/gateway-context.ts';
import { GatewayMetrics } from './gateway/gateway-metrics.ts';
import { prepareInstall } from './gateway/prepare-install.ts';
import { buildApp, dispatchFromWorkspace } from './http/build-app.ts';
import { refuseUpgrade } from './gateway/problem.ts';
import { createPlatformServer } from './server/platform-server.ts';

export interface ControllerOptions {
    config: ControllerConfig;
    programs: Programs;
    version: string;
    environment: NodeJS.ProcessEnv;
    clock: Clock;
    logger: Logger;
    lifecycle: Lifecycle;
    /** Made once the identities are known; absent: no collaboration. */
    collab?: (context: ControllerContext) => Promise<CollabPart>;
}

/** The collaboration server, as the controller uses it. */
export interface CollabPart {
    target: CollabTarget;
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
    handleRequest(request: IncomingMessage, response: ServerResponse): void;
}

export interface RunningController {
    url: string;
    /** One-time link for the first admin. */
    signInUrl: string;
    /** What the person who starts it should know: missing DNS records, a certificate that ends soon. */
    messages: string[];
    context: ControllerContext;
}

/**
 * Starts the controller: API, portal, gateway and reconcilers behind one server. What was started is stopped by the
 * lifecycle, also when a later step fails.
 *
 * @throws AppError `unavailable` when the port, the data directory or a certificate cannot be used
 */
export async function startController(options: ControllerOptions): Promise<RunningController> {
    const { config, clock, logger, lifecycle } = options;
    const install = await prepareInstall(config, clock.now());
    await prepareDataDirectory(config.dataDirectory);
    const lock = lockDirectory(config.dataDirectory);
    lifecycle.onStop('lock of the data directory', () => lock.dispose());
    const context = await openContext(options);
    const collab = await options.collab?.(context);
    const gatewayMetrics = new GatewayMetrics();
    const ideLib = join(options.programs.ideDirectory, 'lib');
    const app = await buildApp({
        metrics: () => gatewayMetrics.render(),
        auth: context.auth,
        store: context.store,
        audit: context.audit,
        intents: context.intents,
        database: context.database,
        secrets: context.secrets,
        directory: context.plane.directory,
        runtime: context.runtime,
        commands: context.plane,
        onSignIn: (user) => context.plane.wakeLastUsed(user),
        backup: context.backup,
        clock,
        logger,
        version: options.version,
        portalUrl: config.portalUrl,
        contentDomain: config.contentDomain,
        ideFrontendDirectory: join(ideLib, 'frontend'),
        trustedProxies: config.trustedProxies,
        ...(options.programs.portalDirectory === undefined ? {} : { portalDirectory: options.programs.portalDirectory }),
    });
    await app.ready();
    lifecycle.onStop('API', () => app.close());
    const gateway = createGateway({
        metrics: gatewayMetrics,
        config: {
            portalUrl: config.portalUrl,
            contentDomain: config.contentDomain,
            trustedProxies: config.trustedProxies,
            platformPorts: [config.port],
            directories: { frontend: join(ideLib, 'frontend'), webview: join(ideLib, 'webview', 'pre') },
        },
        directory: context.plane.directory,
        access: context.auth.registry,
        listeningPorts: (uid) => context.runtime.listeningPorts(uid),
        audit: (entry) => context.audit.append(entry),
        api: (request, response, call) => dispatchFromWorkspace(app, request, response, call),
        ...(collab === undefined ? {} : { collab: collab.target }),
        logger,
        clock,
    });
    lifecycle.onStop('gateway', () => gateway.close());
    const server = await createPlatformServer({
        hosts: config.hosts,
        port: config.port,
        ...(install.tls === undefined ? {} : { tls: install.tls }),
        gateway,
        portal: (request, response) => app.routing(request, response),
        ...(collab === undefined ? {} : { portalUpgrade: (request, socket, head) => openCollab(collab, request, socket, head) }),
        logger,
        clock,
    });
    lifecycle.onStop('server', () => server.close());
    await context.plane.start();
    return { url: config.portalUrl.origin, signInUrl: await context.auth.issueSignInLink(), messages: install.messages, context };
}

/** The portal's host takes sockets to the collaboration server from those who have a token of their own: workspaces. */
function openCollab(collab: CollabPart, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (path !== COLLAB_PATH) {
        refuseUpgrade(socket, 'not-found', `On this host the only WebSocket is ${COLLAB_PATH}.`);
        return;
    }
    // No cookie and no gateway's word counts here, only a token that the socket itself presents.
    delete request.headers.cookie;
    delete request.headers[IDENTITY_HEADER];
    request.url = (request.url ?? '').slice(`${RESERVED_PATH}collab`.length);
    collab.handleUpgrade(request, socket, head);
}
