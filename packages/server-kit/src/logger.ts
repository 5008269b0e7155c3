import { pino, type Logger } from 'pino';

export type { Logger };

const SECRET_PATHS = [
    'authorization',
    'cookie',
    'set-cookie',
    'password',
    'token',
    'secret',
    'code',
    'tandem-identity',
    'tandem-request-secret',
];

/**
 * A pino logger: fields first, constant message. Fields named like tokens, cookies and secrets are redacted, one level
 * deep and in `headers`.
 */
export function createLogger(options: { level?: string; name: string; destination?: NodeJS.WritableStream }): Logger {
    const paths = SECRET_PATHS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `headers["${name}"]`, `req.headers["${name}"]`]);
    return pino(
        {
            name: options.name,
            level: options.level ?? 'info',
            redact: { paths, censor: '[redacted]' },
            serializers: { error: describeError },
        },
        options.destination ?? process.stderr,
    );
}

/** An error as fields, causes included: pino by itself would write an empty object. Its code is no secret, so it has another name. */
function describeError(error: unknown): unknown {
    if (!(error instanceof Error)) {
        return error;
    }
    const { name, message, stack, cause } = error;
    const { code } = error as { code?: unknown };
    return {
        name,
        message,
        ...(code === undefined ? {} : { errorCode: code }),
        stack,
        ...(cause === undefined ? {} : { cause: describeError(cause) }),
    };
}
