import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
    downstreamResponseHeaders,
    eachHeader,
    switchingHeaders,
    upstreamRequestHeaders,
    type RawHeaders,
    type RequestRules,
} from './header-rules.ts';
import { destroyLater } from './problem.ts';
import type { Upstream, UpstreamTarget } from './upstream.ts';
import { WebSocketRelay } from './websocket/websocket-relay.ts';

/** How long an upstream may think about an upgrade. */
const UPGRADE_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;

export interface ProxyUpgradeOptions {
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
    upstream: Upstream;
    target: UpstreamTarget;
    /** Request target for the upstream; absent: unchanged. */
    path?: string;
    requestRules: RequestRules;
    tellsCrash: boolean;
    /** Asked in the last moment, since the right may have ended while the upstream thought. */
    stillAdmitted(): boolean;
    onDidOpen(relay: WebSocketRelay): void;
    onDidClose(totals: { bytesIn: number; bytesOut: number }): void;
    /** Nothing was answered to the browser yet; the caller refuses. */
    onFailure(error: Error): void;
}

/** Asks the upstream for the upgrade and, when it agrees, relays both ways. Its refusal is passed on as it is. */
export function proxyUpgrade(options: ProxyUpgradeOptions): { abort(): void } {
    const { request, socket, upstream, target } = options;
    let settled = false;
    const headers = upstreamRequestHeaders(request.rawHeaders, options.requestRules, 'as-is');
    headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
    const outgoing = upstream.open(target, { method: 'GET', path: options.path ?? request.url ?? '/', headers, keptAlive: false });
    const timer = setTimeout(() => outgoing.destroy(new Error('The upstream did not answer the upgrade')), UPGRADE_TIMEOUT_MS);
    const fail = (error: Error): void => {
        clearTimeout(timer);
        if (!settled) {
            settled = true;
            options.onFailure(error);
            options.onDidClose({ bytesIn: 0, bytesOut: 0 });
        }
    };
    const onClientGone = (): void => {
        outgoing.destroy();
        fail(new Error('The browser left'));
    };
    socket.once('close', onClientGone);
    outgoing.once('upgrade', (answer, upstreamSocket, upstreamHead) => {
        clearTimeout(timer);
        if (settled || !options.stillAdmitted() || answer.headers.upgrade?.toLowerCase() !== 'websocket') {
            upstreamSocket.destroy();
            fail(new Error('The upgrade is not admitted any more'));
            return;
        }
        settled = true;
        socket.off('close', onClientGone);
        tune(socket);
        tune(upstreamSocket);
        socket.write(headOf(answer, switchingHeaders(answer.rawHeaders)));
        const relay = new WebSocketRelay({
            client: socket,
            clientHead: options.head,
            upstream: upstreamSocket,
            upstreamHead,
            tellsCrash: options.tellsCrash,
            onDidClose: (totals) => options.onDidClose(totals),
        });
        options.onDidOpen(relay);
    });
    outgoing.once('response', (answer) => {
        clearTimeout(timer);
        if (settled) {
            answer.destroy();
            return;
        }
        settled = true;
        const passed = downstreamResponseHeaders(answer.rawHeaders, {}).concat('Connection', 'close');
        socket.write(headOf(answer, passed));
        answer.pipe(socket);
        answer.once('error', () => socket.destroy());
        socket.resume();
        answer.once('close', () => destroyLater(socket));
        socket.once('close', () => options.onDidClose({ bytesIn: 0, bytesOut: 0 }));
    });
    outgoing.once('error', fail);
    outgoing.end();
    return {
        abort: () => {
            outgoing.destroy();
            fail(new Error('The right to this connection ended'));
        },
    };
}

function headOf(answer: IncomingMessage, headers: RawHeaders): string {
    const status = answer.statusCode ?? 502;
    const lines = [`HTTP/1.1 ${status} ${answer.statusMessage || (STATUS_CODES[status] ?? '')}`];
    eachHeader(headers, (name, value) => lines.push(`${name}: ${value}`));
    return `${lines.join('\r\n')}\r\n\r\n`;
}

function tune(stream: Duplex): void {
    if (stream instanceof Socket) {
        stream.setTimeout(0);
        stream.setNoDelay(true);
        stream.setKeepAlive(true, KEEP_ALIVE_MS);
    }
}
