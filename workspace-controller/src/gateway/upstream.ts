import { Agent, request, type ClientRequest } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import type { Endpoint } from '../runtime/workspace-runtime.ts';
import type { RawHeaders } from './header-rules.ts';

/** How long a workspace may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_IDLE_SOCKETS_PER_ENDPOINT = 16;
const IDLE_SOCKET_TIMEOUT_MS = 60_000;

/** Where a request is sent: the IDE's server, or a program's port on this machine by IPv4 or IPv6. */
export type UpstreamTarget = Endpoint | { loopbackPort: number };

/** Opens requests to workspaces, with kept-alive connections for those that are no upgrade. */
export class Upstream {
    private readonly agent = new Agent({
        keepAlive: true,
        maxFreeSockets: MAX_IDLE_SOCKETS_PER_ENDPOINT,
        timeout: IDLE_SOCKET_TIMEOUT_MS,
        scheduling: 'lifo',
    });

    /** @param keptAlive false: a connection of its own, as upgrades need */
    open(target: UpstreamTarget, options: { method: string; path: string; headers: RawHeaders; keptAlive: boolean }): ClientRequest {
        const outgoing = request({
            ...addressOf(target),
            method: options.method,
            path: options.path,
            headers: options.headers as unknown as readonly string[],
            agent: options.keptAlive ? this.agent : false,
            setHost: false,
            insecureHTTPParser: false,
            maxHeaderSize: 64 * 1024,
        });
        outgoing.on('socket', (socket: Socket) => limitConnectTime(outgoing, socket));
        return outgoing;
    }

    close(): void {
        this.agent.destroy();
    }
}

/** Whether an error means that nobody listens there (any more). */
export function isNobodyThere(error: unknown): boolean {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    return code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EAI_AGAIN';
}

export class ConnectTimeout extends Error {
    readonly code = 'ETIMEDOUT';
}

function limitConnectTime(outgoing: ClientRequest, socket: Socket): void {
    // The agent's idle timeout must not hit a request that waits for its answer.
    socket.setTimeout(0);
    if (!socket.connecting) {
        return;
    }
    const timer = setTimeout(() => outgoing.destroy(new ConnectTimeout('The workspace did not accept the connection')), CONNECT_TIMEOUT_MS);
    const clear = (): void => clearTimeout(timer);
    socket.once('connect', clear);
    socket.once('close', clear);
}

function addressOf(target: UpstreamTarget): object {
    if ('loopbackPort' in target) {
        return { host: 'localhost', port: target.loopbackPort, lookup: lookupLoopback, autoSelectFamily: true };
    }
    return 'socketPath' in target ? { socketPath: target.socketPath } : { host: target.host, port: target.port };
}

/** Programs listen on either address; no resolver is asked, so that nobody can lead us elsewhere. */
const lookupLoopback: LookupFunction = (_hostname, options, callback) => {
    if (options.all === true) {
        callback(null, [
            { address: '127.0.0.1', family: 4 },
            { address: '::1', family: 6 },
        ]);
    } else {
        callback(null, '127.0.0.1', 4);
    }
};
