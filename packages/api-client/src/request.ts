import { ApiError, errorOfResponse, unreachable } from './api-error.ts';
import type { Route } from './routes.ts';

export interface ApiClientOptions {
    /** What stands before `/api/v1/…`: the portal's origin, or `/.tandem` on a workspace's origin. `''` is the page's own origin. */
    baseUrl: string;
    /** Used instead of the global one; in Node for `*.localhost`, see `createLoopbackFetch` of `@tandem/cli`. */
    fetch?: typeof fetch;
    /** Added to every request: the bearer token, or the request secret. */
    headers?: () => Record<string, string> | Promise<Record<string, string>>;
    /** How long the first byte of an answer may take, in milliseconds. @default 60000 */
    timeoutMs?: number;
}

/** What a call can be given; which of the first three exist depends on the operation. */
export interface CallParts {
    params?: Readonly<Record<string, string>>;
    query?: Readonly<Record<string, string | number | boolean | undefined>>;
    body?: unknown;
    /** The same key makes a repeated create answer with the first one's result. */
    idempotencyKey?: string;
    signal?: AbortSignal;
    headers?: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Sends one request.
 *
 * @returns a successful answer, its body unread
 * @throws ApiError with the server's problem; `unavailable` when none answered. An abort is thrown as it is.
 */
export async function send(options: ApiClientOptions, route: Route, parts: CallParts): Promise<Response> {
    const url = urlOf(options.baseUrl, route.path, parts);
    const tried = `${route.method} ${url}`;
    const headers: Record<string, string> = {
        accept: route.stream ?? 'application/json',
        ...(await options.headers?.()),
        ...parts.headers,
    };
    if (parts.body !== undefined) {
        headers['content-type'] = 'application/json';
    }
    if (parts.idempotencyKey !== undefined) {
        headers['idempotency-key'] = parts.idempotencyKey;
    }
    const deadline = startDeadline(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, parts.signal);
    let response: Response;
    try {
        response = await (options.fetch ?? fetch)(url, {
            method: route.method,
            headers,
            body: parts.body === undefined ? undefined : JSON.stringify(parts.body),
            signal: deadline.signal,
            credentials: 'same-origin',
            // A followed redirect would repeat a credential elsewhere and turn a POST into a GET.
            redirect: 'error',
        });
    } catch (cause) {
        parts.signal?.throwIfAborted();
        throw unreachable(tried, deadline.signal.aborted ? deadline.signal.reason : cause);
    } finally {
        deadline.clear();
    }
    if (!response.ok) {
        throw await errorOfResponse(response, tried);
    }
    return response;
}

/** Reads a JSON answer; `undefined` for one without a body. @throws ApiError `unavailable` for what is not JSON */
export async function readJson(response: Response, tried: string, signal: AbortSignal | undefined): Promise<unknown> {
    let text: string;
    try {
        text = await response.text();
    } catch (cause) {
        signal?.throwIfAborted();
        throw unreachable(tried, cause);
    }
    if (text === '') {
        return undefined;
    }
    try {
        return JSON.parse(text);
    } catch (cause) {
        throw unreachable(tried, new Error('the answer is not JSON', { cause }));
    }
}

/** The address of an operation. @throws ApiError `invalid-request` for a parameter that would change the path */
export function urlOf(baseUrl: string, path: string, parts: CallParts): string {
    const filled = path.replace(/:([a-zA-Z]+)/g, (_, name: string) => {
        const value = parts.params?.[name];
        if (value === undefined || value === '' || value === '.' || value === '..') {
            throw new ApiError({
                type: 'about:blank',
                title: 'The request is not valid',
                status: 0,
                code: 'invalid-request',
                detail: `"${value ?? ''}" cannot be the ${name} in ${path}.`,
                pointer: `/params/${name}`,
            });
        }
        return encodeURIComponent(value);
    });
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parts.query ?? {})) {
        if (value !== undefined) {
            query.set(name, String(value));
        }
    }
    const search = query.size > 0 ? `?${query}` : '';
    return baseUrl.replace(/\/+$/, '') + filled + search;
}

/** A signal that follows `outer` and fires by itself after `timeoutMs` unless cleared; the body after that follows `outer` only. */
function startDeadline(timeoutMs: number, outer: AbortSignal | undefined): { signal: AbortSignal; clear: () => void } {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error(`nothing came within ${timeoutMs} ms`)), timeoutMs);
    const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]);
    return { signal, clear: () => clearTimeout(timer) };
}
