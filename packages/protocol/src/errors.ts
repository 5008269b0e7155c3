/**
 * The controller's error codes: one table, from which HTTP answers, clients and `docs/errors.md` derive.
 * Clients branch on the code, people read the message.
 */
export const ERROR_CODES = {
    'invalid-request': { status: 400, title: 'The request is not valid' },
    'invalid-json': { status: 400, title: 'The body is not JSON' },
    'invalid-name': { status: 400, title: 'The name is not allowed' },
    'invalid-git-url': { status: 400, title: 'The git address is not usable' },
    'not-signed-in': { status: 401, title: 'You are not signed in' },
    'wrong-credentials': { status: 401, title: 'E-mail or password is wrong' },
    'link-expired': { status: 401, title: 'The link is used up or has expired' },
    forbidden: { status: 403, title: 'You are not allowed to do this' },
    'origin-refused': { status: 403, title: 'The request comes from another site' },
    'user-disabled': { status: 403, title: 'The account is disabled' },
    'not-found': { status: 404, title: 'There is no such thing' },
    'unknown-host': { status: 404, title: 'This host is not served here' },
    'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
    conflict: { status: 409, title: 'Someone changed it meanwhile' },
    'already-exists': { status: 409, title: 'The name is taken' },
    'wrong-state': { status: 409, title: 'The workspace is not in a state for this' },
    'idempotency-mismatch': { status: 409, title: 'The idempotency key was used for another request' },
    'cursor-expired': { status: 410, title: 'The cursor is too old' },
    'payload-too-large': { status: 413, title: 'The body is too large' },
    'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
    'shared-machine-not-accepted': { status: 412, title: "People on this machine could read each other's files" },
    'too-many-requests': { status: 429, title: 'Too many requests' },
    internal: { status: 500, title: 'Something went wrong on the server' },
    'storage-full': { status: 507, title: 'The disk is full' },
    unavailable: { status: 503, title: 'The service is not available right now' },
    'workspace-not-running': { status: 503, title: 'The workspace is not running' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Media type of error bodies (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
