import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { WebSocket, WebSocketServer } from 'ws';
import {
    CONTROL_PATH,
    decodeWorkspaceMessage,
    IDENTITY_HEADER,
    type ControllerMessage,
    type IdentityClaims,
    type WorkspaceMessage,
} from '@tandem/protocol';
import { readAgentEnvironment } from '../src/node/agent/agent-environment';
import { IdentityGuard } from '../src/node/agent/identity-guard';
import { WorkspaceAgent, type AgentHost } from '../src/node/agent/workspace-agent';

type MessageOf<Type extends WorkspaceMessage['type']> = Extract<WorkspaceMessage, { type: Type }>;

const ISSUER = 'http://tandem.localhost';

/** The agent with its guard on a real server, in a home of its own. */
export class AgentUnderTest {
    readonly uid = randomUUID();
    readonly bootId = randomUUID();
    readonly notes: string[] = [];
    saves = 0;
    ended!: Promise<void>;
    home!: string;
    agent!: WorkspaceAgent;
    guard!: IdentityGuard;
    private server!: Server;
    private privateKey!: CryptoKey;
    private readonly sockets: WebSocket[] = [];
    readonly environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], SHELL: '/bin/sh' };

    static async start(options: { home?: string; lostAfterMs?: number; activationWaitMs?: number } = {}): Promise<AgentUnderTest> {
        const under = new AgentUnderTest();
        under.home = options.home ?? (await mkdtemp(path.join(tmpdir(), 'tandem-agent-')));
        const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
        under.privateKey = privateKey as CryptoKey;
        const key: JWK = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'EdDSA' };
        Object.assign(under.environment, { HOME: under.home });
        const settings = readAgentEnvironment({
            HOME: under.home,
            TANDEM_WORKSPACE_UID: under.uid,
            TANDEM_BOOT_ID: under.bootId,
            TANDEM_REQUIRE_IDENTITY: '1',
            TANDEM_ISSUER: ISSUER,
            TANDEM_JWKS: JSON.stringify({ keys: [key] }),
        });
        let end: () => void = () => undefined;
        under.ended = new Promise((resolve) => (end = resolve));
        const host: AgentHost = {
            version: '1.2.3',
            environment: under.environment,
            environmentChanged: () => undefined,
            taskRunning: () => false,
            notify: (severity, text) => void under.notes.push(`${severity}: ${text}`),
            showIdle: () => undefined,
            saveAll: async () => void (under.saves += 1),
            closeConnections: (matches) => void under.guard.revoke(matches),
            end: () => end(),
            log: () => undefined,
        };
        under.agent = new WorkspaceAgent(settings, host, {
            connections: () => under.guard.connections,
            lostAfterMs: options.lostAfterMs,
            activationWaitMs: options.activationWaitMs ?? 20,
        });
        under.guard = new IdentityGuard(under.agent.verifier, (request, socket, head) => under.agent.channel.accept(request, socket, head));
        await under.agent.start();
        under.server = createServer((_request, response) => response.end('inside'));
        const echo = new WebSocketServer({ noServer: true });
        under.guard.protect(under.server);
        under.server.on('upgrade', (request, socket, head) => echo.handleUpgrade(request, socket, head, (client) => client.send('inside')));
        await new Promise<void>((resolve) => under.server.listen(0, '127.0.0.1', resolve));
        return under;
    }

    get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    token(claims: Partial<IdentityClaims>, overrides: { audience?: string; issuer?: string; expiresAt?: number } = {}): Promise<string> {
        const payload = { sub: 'ada', sid: 's', grant: 'owner', role: 'owner', gen: 1, ws: 'web-k2fj', ...claims };
        return new SignJWT(payload as Record<string, unknown>)
            .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
            .setIssuer(overrides.issuer ?? ISSUER)
            .setAudience(overrides.audience ?? `workspace:${this.uid}`)
            .setIssuedAt()
            .setExpirationTime(overrides.expiresAt ?? Math.floor(Date.now() / 1000) + 300)
            .sign(this.privateKey);
    }

    /** Status of a request with this token. */
    request(token?: string): Promise<number> {
        return new Promise((resolve, reject) => {
            const headers = token === undefined ? {} : { [IDENTITY_HEADER]: token };
            get({ port: this.port, host: '127.0.0.1', path: '/', headers, agent: false }, (response) => {
                response.resume();
                resolve(response.statusCode ?? 0);
            }).on('error', reject);
        });
    }

    /** Opens a WebSocket: its first message, the status that refused it, or the code that closed it. */
    upgrade(token?: string, pathname = '/'): Promise<{ socket: WebSocket; outcome: string | number }> {
        return new Promise((resolve) => {
            const headers = token === undefined ? {} : { [IDENTITY_HEADER]: token };
            const socket = new WebSocket(`ws://127.0.0.1:${this.port}${pathname}`, { headers });
            this.sockets.push(socket);
            socket.once('message', (data) => resolve({ socket, outcome: String(data) }));
            socket.once('unexpected-response', (_request, response) => {
                response.resume();
                resolve({ socket, outcome: response.statusCode ?? 0 });
            });
            socket.once('close', (code) => resolve({ socket, outcome: code }));
            socket.on('error', () => undefined);
        });
    }

    /** Dials the control socket as the controller does. */
    async dial(): Promise<Controller> {
        const token = await this.token({ sub: 'controller', role: 'controller', gen: undefined });
        const controller = new Controller(
            new WebSocket(`ws://127.0.0.1:${this.port}${CONTROL_PATH}`, { headers: { [IDENTITY_HEADER]: token } }),
        );
        this.sockets.push(controller.socket);
        await new Promise((resolve) => controller.socket.once('open', resolve));
        return controller;
    }

    activation(
        overrides: Partial<Extract<ControllerMessage, { type: 'activate' }>> = {},
    ): Extract<ControllerMessage, { type: 'activate' }> {
        return {
            type: 'activate',
            id: randomUUID(),
            claimUid: 'claim-1',
            generation: 1,
            bootId: this.bootId,
            workspace: { name: 'web-k2fj', uid: this.uid, namespace: 'team-home', displayName: 'Web', templateName: 'default' },
            owner: { name: 'ada', displayName: 'Ada', email: 'ada@example.com' },
            git: { name: 'Ada "Countess"', email: 'ada@example.com' },
            environment: { GREETING: 'hello' },
            portalUrl: ISSUER,
            ...overrides,
        };
    }

    async stop(options: { keepHome?: boolean } = {}): Promise<void> {
        this.agent.preparation.cancel();
        for (const socket of this.sockets) {
            socket.terminate();
        }
        await this.agent.dispose();
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
        if (!options.keepHome) {
            await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
        }
    }
}

/** The controller's end of a control socket. */
export class Controller {
    readonly seen: WorkspaceMessage[] = [];
    private waiting: (() => void)[] = [];

    constructor(readonly socket: WebSocket) {
        socket.on('message', (data) => {
            const message = decodeWorkspaceMessage(String(data));
            if (message !== undefined) {
                this.seen.push(message);
                this.waiting.splice(0).forEach((wake) => wake());
            }
        });
        socket.on('error', () => undefined);
    }

    send(message: ControllerMessage): void {
        this.socket.send(JSON.stringify(message));
    }

    /** Resolves with the first message of one of these types, and takes it. */
    async next<Type extends WorkspaceMessage['type']>(...types: Type[]): Promise<MessageOf<Type>> {
        for (;;) {
            const index = this.seen.findIndex(({ type }) => (types as string[]).includes(type));
            if (index >= 0) {
                return this.seen.splice(index, 1)[0] as MessageOf<Type>;
            }
            await new Promise<void>((resolve) => this.waiting.push(resolve));
        }
    }

    closed(): Promise<number> {
        return new Promise((resolve) => this.socket.once('close', resolve));
    }
}
