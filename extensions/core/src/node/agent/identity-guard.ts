import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLOSE_CODES, CONTROL_PATH, IDENTITY_HEADER, type IdentityClaims } from '@tandem/protocol';
import { IdentityRefused, mayUseIde, type IdentityVerifier } from './identity-verifier';

const IDENTITY = Symbol('tandem-identity');
type Identified = IncomingMessage & { [IDENTITY]?: IdentityClaims };

/** Who is behind a request that the guard has let in. */
export function identityOf(request: IncomingMessage): IdentityClaims | undefined {
    return (request as Identified)[IDENTITY];
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Lets requests and upgrades of a server through only with a valid identity, whoever listens for them: the guard sits
 * before all listeners, those added later included. `CONTROL_PATH` belongs to the controller alone.
 */
export class IdentityGuard {
    private readonly verifier: IdentityVerifier;
    private readonly onControl: Upgrade;
    private readonly refusals = new WebSocketServer({ noServer: true });
    /** Sockets of people, so that a revocation can end them. */
    private readonly live = new Map<Duplex, IdentityClaims>();

    constructor(verifier: IdentityVerifier, onControl: Upgrade) {
        this.verifier = verifier;
        this.onControl = onControl;
    }

    /** Puts the guard in front of everything that listens on the server, now or later. */
    protect(server: HttpServer): void {
        const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
        server.emit = ((event: string, ...args: unknown[]) => {
            if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
                const [request, response] = args as [IncomingMessage, ServerResponse];
                void this.admitRequest(request, response).then((admitted) => admitted && emit(event, request, response));
                return true;
            }
            if (event === 'connect') {
                (args[1] as Duplex).destroy();
                return true;
            }
            if (event === 'upgrade') {
                const [request, socket, head] = args as [IncomingMessage, Duplex, Buffer];
                void this.admitUpgrade(request, socket, head).then((admitted) => admitted && emit(event, request, socket, head));
                return true;
            }
            return emit(event, ...args);
        }) as typeof server.emit;
    }

    /** Whether a request may go on; answers it when not. A request that was let in already is not verified again. */
    async admitRequest(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
        try {
            const claims = identityOf(request) ?? (await this.verify(request));
            if (!mayUseIde(claims)) {
                throw new IdentityRefused(403, 'Your role does not reach this part of the workspace.');
            }
            (request as Identified)[IDENTITY] = claims;
            return true;
        } catch (error) {
            const status = error instanceof IdentityRefused ? error.status : 500;
            response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' });
            response.end(error instanceof IdentityRefused ? error.message : 'The identity could not be checked.');
            return false;
        }
    }

    /** Ends the connections that a revocation meant. @returns how many */
    revoke(matches: (claims: IdentityClaims) => boolean): number {
        const ended = [...this.live].filter(([, claims]) => matches(claims));
        for (const [socket] of ended) {
            socket.destroy();
        }
        return ended.length;
    }

    /** Open sockets of people. */
    get connections(): number {
        return this.live.size;
    }

    private async admitUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean> {
        const onError = (): void => void socket.destroy();
        socket.on('error', onError);
        try {
            const claims = await this.verify(request);
            const toControl = pathOf(request) === CONTROL_PATH;
            if (toControl !== (claims.role === 'controller')) {
                throw new IdentityRefused(403, 'This address is not for you.');
            }
            if (!toControl && !mayUseIde(claims)) {
                throw new IdentityRefused(403, 'Your role does not reach this part of the workspace.');
            }
            socket.off('error', onError);
            (request as Identified)[IDENTITY] = claims;
            if (toControl) {
                this.onControl(request, socket, head);
                return false;
            }
            this.live.set(socket, claims);
            socket.once('close', () => void this.live.delete(socket));
            return true;
        } catch (error) {
            this.refuse(request, socket, head, error);
            return false;
        }
    }

    private async verify(request: IncomingMessage): Promise<IdentityClaims> {
        const header = request.headers[IDENTITY_HEADER];
        return this.verifier.verify(typeof header === 'string' ? header : undefined);
    }

    /** Without an identity the upgrade fails; with one that is not enough the page learns why from the close code. */
    private refuse(request: IncomingMessage, socket: Duplex, head: Buffer, error: unknown): void {
        if (error instanceof IdentityRefused && error.status === 403) {
            this.refusals.handleUpgrade(request, socket, head, (webSocket) => webSocket.close(CLOSE_CODES.denied, error.message));
            return;
        }
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
}

function pathOf(request: IncomingMessage): string {
    return (request.url ?? '/').split('?', 1)[0] ?? '/';
}
