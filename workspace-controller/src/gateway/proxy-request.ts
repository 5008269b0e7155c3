import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import {
    downstreamResponseHeaders,
    upstreamRequestHeaders,
    type BodyFraming,
    type RequestRules,
    type ResponseRules,
} from './header-rules.ts';
import { ConnectTimeout, isNobodyThere, type Upstream, type UpstreamTarget } from './upstream.ts';

/** Why an upstream gave no answer. */
export type UpstreamFailure = 'nobody-there' | 'timeout' | 'broken';

export interface ProxyRequestOptions {
    request: IncomingMessage;
    response: ServerResponse;
    upstream: Upstream;
    target: UpstreamTarget;
    requestRules: RequestRules;
    responseRules: (incoming: IncomingMessage) => ResponseRules;
    /** Called when nothing was answered yet; the caller answers. */
    onFailure(failure: UpstreamFailure, error: Error): void;
}

const METHODS_WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * Streams a request to the upstream and its answer back, as they come and no faster than the receiver takes them.
 * Whoever leaves early ends the other side too.
 */
export function proxyRequest(options: ProxyRequestOptions): void {
    const { request } = options;
    const chunked = request.headers['transfer-encoding'] !== undefined;
    const hasBody = chunked || Number(request.headers['content-length'] ?? 0) > 0;
    const framing = chunked ? 'chunked' : !hasBody && !METHODS_WITHOUT_BODY.has(request.method ?? 'GET') ? 'empty' : 'as-is';
    send(options, { hasBody, framing, isRetry: false });
}

function send(options: ProxyRequestOptions, body: { hasBody: boolean; framing: BodyFraming; isRetry: boolean }): void {
    const { request, response, upstream, target } = options;
    const outgoing = upstream.open(target, {
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers: upstreamRequestHeaders(withoutEmptyLength(request.rawHeaders, body.framing), options.requestRules, body.framing),
        // A second try takes a fresh connection.
        keptAlive: !body.isRetry,
    });
    const onClientGone = (): void => {
        if (!response.writableFinished) {
            outgoing.destroy();
        }
    };
    response.once('close', onClientGone);
    outgoing.on('continue', () => response.writeContinue());
    outgoing.on('information', ({ statusCode, headers }) => {
        if (statusCode === 103 && typeof headers['link'] === 'string' && !response.headersSent) {
            response.writeEarlyHints({ link: headers['link'] });
        }
    });
    outgoing.on('response', (incoming) => passAnswer(options, incoming));
    outgoing.on('error', (error) => {
        response.off('close', onClientGone);
        request.unpipe(outgoing);
        if (response.headersSent || response.destroyed) {
            response.destroy();
        } else if (mayRetry(outgoing, error, request, body)) {
            send(options, { ...body, isRetry: true });
        } else {
            options.onFailure(failureOf(error), error);
        }
    });
    if (body.hasBody) {
        outgoing.flushHeaders();
        passBody(request, outgoing);
    } else {
        outgoing.end();
        request.resume();
    }
}

/** An idle connection that the upstream closed in the same moment says nothing about the request. */
function mayRetry(outgoing: ClientRequest, error: Error, request: IncomingMessage, body: { hasBody: boolean; isRetry: boolean }): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return (
        outgoing.reusedSocket &&
        !body.isRetry &&
        !body.hasBody &&
        IDEMPOTENT_METHODS.has(request.method ?? '') &&
        (code === 'ECONNRESET' || code === 'EPIPE')
    );
}

function passBody(request: IncomingMessage, outgoing: ClientRequest): void {
    request.pipe(outgoing, { end: false });
    request.once('end', () => {
        if (request.rawTrailers.length > 0) {
            outgoing.addTrailers(toPairs(request.rawTrailers));
        }
        outgoing.end();
    });
    request.once('error', () => outgoing.destroy());
    outgoing.once('close', () => {
        // The answer may come before the body was taken: the rest must not fill the connection.
        request.unpipe(outgoing);
        request.resume();
    });
}

function passAnswer(options: ProxyRequestOptions, incoming: IncomingMessage): void {
    const { request, response } = options;
    if (response.destroyed) {
        incoming.destroy();
        return;
    }
    if (!request.complete) {
        response.shouldKeepAlive = false;
    }
    try {
        response.writeHead(
            incoming.statusCode ?? 502,
            incoming.statusMessage,
            downstreamResponseHeaders(incoming.rawHeaders, options.responseRules(incoming)),
        );
    } catch (error) {
        incoming.destroy();
        options.onFailure('broken', error as Error);
        return;
    }
    incoming.on('end', () => {
        if (incoming.rawTrailers.length > 0) {
            response.addTrailers(toPairs(incoming.rawTrailers));
        }
        response.end();
    });
    // A torn answer must look torn: the connection breaks instead of ending.
    incoming.on('error', () => response.destroy());
    incoming.on('close', () => {
        if (!incoming.complete) {
            response.destroy();
        }
    });
    let bodyBegan = false;
    incoming.once('data', () => {
        bodyBegan = true;
    });
    incoming.pipe(response, { end: false });
    // The head goes out even if the first byte of the body takes its time, as with server-sent events.
    setImmediate(() => {
        if (!bodyBegan && !response.destroyed && !response.writableEnded) {
            response.flushHeaders();
        }
    });
}

function failureOf(error: Error): UpstreamFailure {
    if (isNobodyThere(error)) {
        return 'nobody-there';
    }
    return error instanceof ConnectTimeout || (error as NodeJS.ErrnoException).code === 'ETIMEDOUT' ? 'timeout' : 'broken';
}

/** `Content-Length: 0` that we say ourselves is not said twice. */
function withoutEmptyLength(raw: string[], framing: BodyFraming): string[] {
    return framing === 'empty' ? raw.filter((_, index) => raw[index - (index % 2)]?.toLowerCase() !== 'content-length') : raw;
}

function toPairs(raw: string[]): [string, string][] {
    const pairs: [string, string][] = [];
    for (let index = 0; index + 1 < raw.length; index += 2) {
        pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
    }
    return pairs;
}
