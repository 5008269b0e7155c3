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
        { name: options.name, level: options.level ?? 'info', redact: { paths, censor: '[redacted]' } },
        options.destination ?? process.stderr,
    );
}
