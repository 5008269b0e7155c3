import { isApiError } from '@tandem/api-client';
import type { ErrorCode } from '@tandem/protocol';

/** What the command's exit code tells scripts. Printed by `tandem help exit-codes`. */
export const EXIT_CODES = {
    ok: 0,
    failure: 1,
    usage: 2,
    notSignedIn: 3,
    forbidden: 4,
    notFound: 5,
    conflict: 6,
    unavailable: 7,
} as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

export const EXIT_CODE_HELP = `
Exit codes:
  0  done
  1  it failed for another reason; the message says why
  2  wrong options or arguments
  3  not signed in, or the token has ended
  4  not allowed
  5  no such thing
  6  in conflict with the present state: name taken, changed meanwhile, not in a state for this, or a wait that timed out
  7  the server was not reached, or is not available`;

const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
    'invalid-request': EXIT_CODES.usage,
    'invalid-name': EXIT_CODES.usage,
    'invalid-git-url': EXIT_CODES.usage,
    'not-signed-in': EXIT_CODES.notSignedIn,
    'wrong-credentials': EXIT_CODES.notSignedIn,
    'link-expired': EXIT_CODES.notSignedIn,
    forbidden: EXIT_CODES.forbidden,
    'origin-refused': EXIT_CODES.forbidden,
    'user-disabled': EXIT_CODES.forbidden,
    'not-found': EXIT_CODES.notFound,
    'unknown-host': EXIT_CODES.notFound,
    conflict: EXIT_CODES.conflict,
    'already-exists': EXIT_CODES.conflict,
    'wrong-state': EXIT_CODES.conflict,
    'idempotency-mismatch': EXIT_CODES.conflict,
    'shared-machine-not-accepted': EXIT_CODES.conflict,
    'too-many-requests': EXIT_CODES.unavailable,
    unavailable: EXIT_CODES.unavailable,
    'workspace-not-running': EXIT_CODES.conflict,
};

/** An error of the command line itself, with the exit code it leads to. */
export class CliError extends Error {
    readonly exitCode: ExitCode;

    constructor(message: string, exitCode: ExitCode = EXIT_CODES.failure) {
        super(message);
        this.name = 'CliError';
        this.exitCode = exitCode;
    }
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
    if (error instanceof CliError) {
        return error.exitCode;
    }
    return isApiError(error) ? (BY_CODE[error.code] ?? EXIT_CODES.failure) : EXIT_CODES.failure;
}
