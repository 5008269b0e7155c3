import type { ErrorCode, Problem } from '@tandem/protocol';

/** A call that failed: the server's problem (RFC 9457), or one made here when no server answered. */
export class ApiError extends Error {
    /** Branch on this. A newer server may send codes that this client does not know. */
    readonly code: ErrorCode;
    readonly problem: Problem;
    /** How long the server asks to wait before the next try, in milliseconds. */
    readonly retryAfterMs: number | undefined;

    constructor(problem: Problem, options: { cause?: unknown; retryAfterMs?: number } = {}) {
        super(problem.detail ?? problem.title, { cause: options.cause });
        this.name = 'ApiError';
        this.code = problem.code as ErrorCode;
        this.problem = problem;
        this.retryAfterMs = options.retryAfterMs;
    }

    /** HTTP status; 0 when no server answered. */
    get status(): number {
        return this.problem.status;
    }
}

/** Whether `error` is an `ApiError`, of `code` when given. Works across copies of this module. */
export function isApiError(error: unknown, code?: ErrorCode): error is ApiError {
    return error instanceof Error && error.name === 'ApiError' && (code === undefined || (error as ApiError).code === code);
}

/** The error for a call that reached no server, saying what was tried. */
export function unreachable(tried: string, cause: unknown): ApiError {
    const reason = deepestMessage(cause);
    return new ApiError(
        {
            type: 'about:blank',
            title: 'The service is not available right now',
            status: 0,
            code: 'unavailable',
            detail: `${tried} got no answer${reason ? `: ${reason}` : ''}. Check the address and your network.`,
        },
        { cause },
    );
}

/** Reads the error out of an answer that is not a success; understands proxies that answer with pages of their own. */
export async function errorOfResponse(response: Response, tried: string): Promise<ApiError> {
    const retryAfterMs = readRetryAfter(response.headers.get('retry-after'));
    const text = await response.text().catch(() => '');
    const problem = parseProblem(text, response.status);
    if (problem !== undefined) {
        return new ApiError(problem, { retryAfterMs });
    }
    return new ApiError(
        {
            type: 'about:blank',
            title: response.statusText || `Status ${response.status}`,
            status: response.status,
            code: codeOfStatus(response.status),
            detail: `${tried} was answered with status ${response.status} by something that is not Tandem's API.`,
        },
        { retryAfterMs },
    );
}

function parseProblem(text: string, status: number): Problem | undefined {
    try {
        const value = JSON.parse(text) as Partial<Problem> | null;
        if (value !== null && typeof value === 'object' && typeof value.code === 'string') {
            return { type: 'about:blank', title: value.code, status, ...value } as Problem;
        }
    } catch {
        // Not JSON: the caller names the status instead.
    }
    return undefined;
}

function codeOfStatus(status: number): ErrorCode {
    switch (status) {
        case 401:
            return 'not-signed-in';
        case 403:
            return 'forbidden';
        case 404:
            return 'not-found';
        case 413:
            return 'payload-too-large';
        case 429:
            return 'too-many-requests';
        default:
            return status >= 500 ? 'unavailable' : 'invalid-request';
    }
}

function readRetryAfter(value: string | null): number | undefined {
    const seconds = Number(value);
    return value !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function deepestMessage(error: unknown): string {
    let message = '';
    for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
        const inner = current instanceof AggregateError && current.errors[0] instanceof Error ? current.errors[0].message : '';
        message = current.message || inner || message;
    }
    return message;
}
