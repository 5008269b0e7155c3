import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_CODES, PROBLEM_MEDIA_TYPE, type ErrorCode, type Problem } from '@tandem/protocol';

/** Body of an error the gateway itself answers with (RFC 9457). */
export function problemBody(code: ErrorCode, detail: string, status: number = ERROR_CODES[code].status): Problem {
    return { type: `https://tandem.dev/errors/${code}`, title: ERROR_CODES[code].title, status, code, detail };
}

/** Answers a request that is no navigation with an error; does nothing once an answer has begun. */
export function sendProblem(response: ServerResponse, code: ErrorCode, detail: string, status?: number): void {
    const problem = problemBody(code, detail, status);
    sendText(response, problem.status, PROBLEM_MEDIA_TYPE, JSON.stringify(problem));
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
    sendText(response, status, 'application/json; charset=utf-8', JSON.stringify(value));
}

/** Answers with a whole text; what the client still sends of its request is not waited for. */
export function sendText(response: ServerResponse, status: number, contentType: string, text: string): void {
    if (response.headersSent) {
        response.destroy();
        return;
    }
    response.setHeader('Content-Type', contentType);
    response.setHeader('Content-Length', Buffer.byteLength(text));
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (!response.req.complete) {
        response.setHeader('Connection', 'close');
    }
    response.writeHead(status);
    response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** Refuses an upgrade with a readable reason. Browsers show it in their network view; the page asks `/.tandem/session`. */
export function refuseUpgrade(socket: Duplex, code: ErrorCode, detail: string, status?: number): void {
    const problem = problemBody(code, detail, status);
    const body = JSON.stringify(problem);
    const head = [
        `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
        `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Cache-Control: no-store',
        'Connection: close',
    ];
    if (!socket.destroyed && socket.writable) {
        socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    }
    socket.resume();
    destroyLater(socket);
}

/** Ends a socket that the other side may keep half open. */
export function destroyLater(socket: Duplex, delayMs = 2_000): void {
    const timer = setTimeout(() => socket.destroy(), delayMs);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
}
