import { mkdtempSync, rmSync } from 'node:fs';
import {
    Agent,
    createServer,
    request as httpRequest,
    type IncomingHttpHeaders,
    type IncomingMessage,
    type RequestListener,
    type Server,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, systemClock, type Clock } from '@tandem/server-kit';
import { WebSocket } from 'ws';
import type { NewAuditEntry } from '../../audit/audit-sink.ts';
import type { WorkspaceAccess } from '../../auth/workspace-access.ts';
import { findFreePort } from '../../server/listen.ts';
import { createPlatformServer, type PlatformServer } from '../../server/platform-server.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway.ts';
import { TestAccess } from './test-access.ts';
import { TestDirectory } from './test-directory.ts';

export const WORKSPACE = 'api-x7k2';
const COOKIE = '__Host-tandem-workspace';

export interface Answer {
    status: number;
    headers: IncomingHttpHeaders;
    rawHeaders: string[];
    trailers: Record<string, string | undefined>;
    body: string;
}

/** A whole platform server with real sockets around the gateway; the portal and the workspaces are small real servers. */
export class GatewayFixture {
    readonly access: TestAccess;
    readonly directory = new TestDirectory();
    readonly audits: NewAuditEntry[] = [];
    readonly listeners = new Map<string, { port: number; process: string }[]>();
    readonly portalRequests: IncomingMessage[] = [];
    readonly folder: string;
    gateway!: Gateway;
    server!: PlatformServer;
    port = 0;
    private readonly upstreams: Server[] = [];
    private readonly sockets = new Set<Socket>();
    private readonly agent = new Agent({ keepAlive: false });

    private constructor(access: TestAccess) {
        this.access = access;
        this.folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    }

    static async start(
        options: { clock?: Clock; gateway?: Partial<GatewayOptions>; contentDomain?: string } = {},
    ): Promise<GatewayFixture> {
        const clock = options.clock ?? systemClock;
        const fixture = new GatewayFixture(await TestAccess.create(clock));
        const logger = createLogger({ name: 'gateway-test', level: 'silent' });
        fixture.port = await findFreePort('127.0.0.1');
        fixture.gateway = createGateway({
            config: {
                portalUrl: new URL(`http://tandem.localhost:${fixture.port}`),
                contentDomain: options.contentDomain ?? 'ws.tandem.localhost',
                trustedProxies: [],
                platformPorts: [fixture.port],
                directories: { frontend: join(fixture.folder, 'frontend'), webview: join(fixture.folder, 'webview') },
            },
            directory: fixture.directory,
            access: fixture.access,
            listeningPorts: async (uid) => fixture.listeners.get(uid) ?? [],
            logger,
            clock,
            audit: async (entry) => fixture.audits.push(entry),
            ...options.gateway,
        });
        fixture.server = await createPlatformServer({
            hosts: ['127.0.0.1'],
            port: fixture.port,
            gateway: fixture.gateway,
            portal: (request, response) => {
                fixture.portalRequests.push(request);
                response.end(`portal ${request.url}`);
            },
            logger,
            clock,
        });
        return fixture;
    }

    /** Starts a backend on a Unix socket and makes it the workspace's. */
    async workspace(handler: RequestListener, name = WORKSPACE): Promise<Server> {
        const socketPath = join(this.folder, `${name}-${this.upstreams.length}.sock`);
        const server = createServer(handler);
        this.upstreams.push(server);
        server.on('connection', (socket) => this.track(socket));
        await new Promise<void>((resolve) => server.listen(socketPath, resolve));
        this.directory.add(name, { socketPath });
        return server;
    }

    /** Starts a program on a TCP port of the workspace. */
    async program(handler: RequestListener, options: { name?: string; host?: string } = {}): Promise<{ server: Server; port: number }> {
        const server = createServer(handler);
        this.upstreams.push(server);
        server.on('connection', (socket) => this.track(socket));
        const port = await new Promise<number>((resolve) => {
            server.listen(0, options.host ?? '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        });
        const uid = this.directory.byName(options.name ?? WORKSPACE)?.workspace.metadata.uid ?? '';
        this.listeners.set(uid, [...(this.listeners.get(uid) ?? []), { port, process: 'node server.js' }]);
        return { server, port };
    }

    person(options: Partial<WorkspaceAccess> = {}, name = WORKSPACE): WorkspaceAccess {
        const workspace = this.directory.byName(name)?.workspace.metadata;
        return {
            sessionId: 'session-1',
            user: { name: 'ada', displayName: 'Ada' },
            grantId: 'owner',
            role: 'owner',
            run: true,
            workspace: { name, uid: workspace?.uid ?? 'none', namespace: 'team-home' },
            expiresAtMs: Infinity,
            ...options,
        };
    }

    /** Cookie header of somebody who is signed in to a workspace. */
    cookie(options: Partial<WorkspaceAccess> = {}, name = WORKSPACE): string {
        return `${COOKIE}=${this.access.signIn(this.person(options, name))}`;
    }

    host(label = WORKSPACE): string {
        return `${label}.ws.tandem.localhost:${this.port}`;
    }

    origin(label = WORKSPACE): string {
        return `http://${this.host(label)}`;
    }

    get portalOrigin(): string {
        return `http://tandem.localhost:${this.port}`;
    }

    /** One request on a connection of its own; header values may be lists. */
    fetch(
        path: string,
        options: { host?: string; method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
    ): Promise<Answer> {
        return new Promise((resolve, reject) => {
            const outgoing = httpRequest({
                host: '127.0.0.1',
                port: this.port,
                path,
                method: options.method ?? 'GET',
                agent: this.agent,
                headers: { Host: options.host ?? this.host(), ...options.headers },
            });
            outgoing.on('error', reject);
            outgoing.on('response', (incoming) => {
                const chunks: Buffer[] = [];
                incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
                incoming.on('error', reject);
                incoming.on('end', () => {
                    resolve({
                        status: incoming.statusCode ?? 0,
                        headers: incoming.headers,
                        rawHeaders: incoming.rawHeaders,
                        trailers: incoming.trailers,
                        body: Buffer.concat(chunks).toString(),
                    });
                });
            });
            outgoing.end(options.body);
        });
    }

    /** Sends bytes as they are and resolves with everything that comes back until the end. */
    raw(bytes: string | Buffer): Promise<string> {
        return new Promise((resolve) => {
            const socket = this.connect();
            let text = '';
            socket.on('data', (chunk) => (text += chunk.toString('latin1')));
            socket.on('close', () => resolve(text));
            socket.on('error', () => undefined);
            socket.write(bytes);
        });
    }

    connect(): Socket {
        const socket = connect(this.port, '127.0.0.1');
        this.track(socket);
        return socket;
    }

    webSocket(
        path: string,
        options: { host?: string; cookie?: string; origin?: string | undefined; headers?: Record<string, string> } = {},
    ): WebSocket {
        const host = options.host ?? this.host();
        const origin = 'origin' in options ? options.origin : `http://${host}`;
        return new WebSocket(`ws://127.0.0.1:${this.port}${path}`, {
            headers: {
                Host: host,
                ...(origin === undefined ? {} : { Origin: origin }),
                ...(options.cookie === undefined ? {} : { Cookie: options.cookie }),
                ...options.headers,
            },
        });
    }

    async close(): Promise<void> {
        await this.gateway.close();
        await this.server.close({ graceMs: 0 });
        for (const socket of this.sockets) {
            socket.destroy();
        }
        await Promise.all(this.upstreams.map((server) => new Promise((resolve) => server.close(resolve))));
        this.agent.destroy();
        rmSync(this.folder, { recursive: true, force: true });
    }

    private track(socket: Socket): void {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => this.sockets.delete(socket));
    }
}

/** Resolves when a client WebSocket is open; rejects with the status when it is refused. */
export function opened(socket: WebSocket): Promise<void> {
    return new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('unexpected-response', (_request, response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () => reject(new Error(`${response.statusCode} ${Buffer.concat(chunks).toString()}`)));
        });
        socket.once('error', reject);
    });
}

export function closed(socket: WebSocket): Promise<{ code: number; reason: string }> {
    return new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
}

/** Resolves when `condition` holds; rejects after five seconds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
    const deadline = performance.now() + 5_000;
    while (!condition()) {
        if (performance.now() > deadline) {
            throw new Error(`${what} did not come true`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}
