import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, systemClock, type Clock, type Logger } from '@tandem/server-kit';
import type { Gateway } from '../gateway/gateway.ts';
import { problemBody, refuseUpgrade, sendProblem } from '../gateway/problem.ts';
import { isMissingAddress, listen } from './listen.ts';
import { answerLoopbackHost, answerProbe, PROBE_PATH } from './loopback-host.ts';
import { findMalformation } from './request-shape.ts';
import { SlowBodyGuard } from './slow-body-guard.ts';

const HEADERS_TIMEOUT_MS = 15_000;
/** Above the 60 s of the usual proxies, so that they close an idle connection and not we under their next request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const MAX_HEADER_BYTES = 32 * 1024;
const DEFAULT_MAX_CONNECTIONS = 20_000;

export interface PlatformServerOptions {
    /** Addresses to listen on; of the defaults one may be missing on a machine, of two given none. */
    hosts: readonly string[];
    /** 0 takes a free one. */
    port: number;
    /** Certificate chain and key in PEM; absent: plain http. */
    tls?: { certificate: string | Buffer; key: string | Buffer };
    gateway: Gateway;
    /** Portal and API, as `app.routing` of Fastify. */
    portal: (request: IncomingMessage, response: ServerResponse) => void;
    /** Upgrades on the portal's host, such as collaboration outside a workspace; absent: refused. */
    portalUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
    logger: Logger;
    clock?: Clock;
    maxConnections?: number;
    /** How long a client may take to send its headers; checked every third of it. */
    headersTimeoutMs?: number;
}

export interface PlatformServer {
    /** Port that was taken. */
    readonly port: number;
    /** Addresses that are listened on. */
    readonly hosts: readonly string[];
    /** Puts a renewed certificate into use for new connections. */
    renewCertificate(tls: { certificate: string | Buffer; key: string | Buffer }): void;
    /** Stops accepting, lets running answers end for the time given, then ends what is left. */
    close(options?: { graceMs?: number }): Promise<void>;
}

/**
 * The one front door: dispatches requests and upgrades by Host, before any framework sees them.
 *
 * @throws AppError `unavailable` when the port cannot be opened, naming it and what to do
 */
export async function createPlatformServer(options: PlatformServerOptions): Promise<PlatformServer> {
    const guard = new SlowBodyGuard(options.clock ?? systemClock);
    const servers: Server[] = [];
    const hosts: string[] = [];
    let { port } = options;
    try {
        for (const host of options.hosts) {
            const server = createServer(options, guard);
            try {
                port = await listen(server, host, port);
            } catch (error) {
                if (isMissingAddress(error) && host === '::1' && hosts.length > 0) {
                    continue;
                }
                throw error;
            }
            server.on('error', (error) => options.logger.error({ err: error }, 'The server failed'));
            servers.push(server);
            hosts.push(host);
        }
        if (servers.length === 0) {
            throw new AppError('unavailable', 'No address to listen on was given. Give one: --host 127.0.0.1.');
        }
    } catch (error) {
        guard.dispose();
        await Promise.all(servers.map((server) => closeServer(server, 0)));
        throw error;
    }
    return {
        port,
        hosts,
        renewCertificate: (tls) => {
            for (const server of servers) {
                if ('setSecureContext' in server) {
                    (server as ReturnType<typeof createHttpsServer>).setSecureContext({ cert: tls.certificate, key: tls.key });
                }
            }
        },
        close: async ({ graceMs = 2_000 } = {}) => {
            guard.dispose();
            await Promise.all(servers.map((server) => closeServer(server, graceMs)));
        },
    };
}

function createServer(options: PlatformServerOptions, guard: SlowBodyGuard): Server {
    const { gateway, logger, headersTimeoutMs = HEADERS_TIMEOUT_MS } = options;
    const limits: ServerOptions = {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: headersTimeoutMs,
        // Uploads have no time limit as a whole; SlowBodyGuard ends those that have stopped.
        requestTimeout: 0,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        connectionsCheckingInterval: Math.ceil(headersTimeoutMs / 3),
        requireHostHeader: true,
        insecureHTTPParser: false,
        noDelay: true,
    };
    const server: Server = options.tls
        ? createHttpsServer({
              ...limits,
              cert: options.tls.certificate,
              key: options.tls.key,
              minVersion: 'TLSv1.2',
              ALPNProtocols: ['http/1.1'],
          })
        : createHttpServer(limits);
    server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    const dispatch = (request: IncomingMessage, response: ServerResponse): void => {
        try {
            guard.watch(request, response);
            dispatchRequest(options, request, response);
        } catch (error) {
            logger.error({ err: error }, 'Dispatching a request failed');
            sendProblem(response, 'internal', 'The server could not answer. Try again.');
        }
    };
    server.on('request', dispatch);
    // With a listener Node leaves the `100 Continue` to us, and we to the workspace.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        const target = gateway.addresses.classify(request.headers.host ?? '');
        if (target.kind === 'portal') {
            response.writeContinue();
        }
        dispatch(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => socket.destroy());
        try {
            dispatchUpgrade(options, request, socket, head);
        } catch (error) {
            logger.error({ err: error }, 'Dispatching an upgrade failed');
            socket.destroy();
        }
    });
    server.on('clientError', answerClientError);
    server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
    return server;
}

function dispatchRequest({ gateway, portal }: PlatformServerOptions, request: IncomingMessage, response: ServerResponse): void {
    const malformation = findMalformation(request);
    if (malformation !== undefined) {
        response.shouldKeepAlive = false;
        sendProblem(response, 'invalid-request', malformation);
        return;
    }
    const target = gateway.addresses.classify(request.headers.host ?? '');
    switch (target.kind) {
        case 'portal':
            if (request.url === PROBE_PATH) {
                answerProbe(response);
            } else {
                portal(request, response);
            }
            break;
        case 'loopback':
            answerLoopbackHost(request, response, gateway.addresses);
            break;
        default:
            gateway.handleRequest(request, response, target);
    }
}

function dispatchUpgrade({ gateway, portalUpgrade }: PlatformServerOptions, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const malformation = findMalformation(request);
    if (malformation !== undefined) {
        refuseUpgrade(socket, 'invalid-request', malformation);
        return;
    }
    const target = gateway.addresses.classify(request.headers.host ?? '');
    if (target.kind === 'portal' && portalUpgrade) {
        portalUpgrade(request, socket, head);
    } else if (target.kind === 'portal' || target.kind === 'loopback') {
        refuseUpgrade(socket, 'not-found', 'There is no WebSocket on this host.');
    } else {
        gateway.handleUpgrade(request, socket, head, target);
    }
}

/** Answers what is no HTTP, too large or too slow, and ends the connection: what follows cannot be told apart. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
    }
    const [status, text] =
        error.code === 'HPE_HEADER_OVERFLOW'
            ? [431, 'Request Header Fields Too Large']
            : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
              ? [408, 'Request Timeout']
              : [400, 'Bad Request'];
    const body = JSON.stringify(problemBody('invalid-request', `The request is not valid HTTP: ${text}.`, status));
    const head = `HTTP/1.1 ${status} ${text}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
    socket.end(head + body, () => socket.destroy());
}

function closeServer(server: Server, graceMs: number): Promise<void> {
    return new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
            clearTimeout(timer);
            resolve();
        });
        server.closeIdleConnections();
    });
}
