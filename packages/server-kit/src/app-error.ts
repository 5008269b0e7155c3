import { ERROR_CODES, PROBLEM_MEDIA_TYPE, type ErrorCode, type Problem } from '@tandem/protocol';

/** An error for the caller: a code of the table and a message that says what was wrong with which value and what to do. */
export class AppError extends Error {
    readonly code: ErrorCode;
    /** JSON pointer to the value that was wrong. */
    readonly pointer: string | undefined;

    constructor(code: ErrorCode, message: string, options: { cause?: unknown; pointer?: string } = {}) {
        super(message, { cause: options.cause });
        this.name = 'AppError';
        this.code = code;
        this.pointer = options.pointer;
    }
}

/** A broken invariant: our mistake, never the caller's. */
export class Bug extends Error {
    constructor(message: string, options: { cause?: unknown } = {}) {
        super(message, options);
        this.name = 'Bug';
    }
}

/**
 * The RFC 9457 body of an error. What is not an `AppError` becomes `internal` and says nothing of its inside.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function toProblem(error: unknown, requestId?: string): Problem {
    const code: ErrorCode = error instanceof AppError ? error.code : isDiskFull(error) ? 'storage-full' : 'internal';
    const { status, title } = ERROR_CODES[code];
    const problem: Problem = { type: `https://tandem.dev/errors/${code}`, title, status, code };
    if (error instanceof AppError && status < 500) {
        problem.detail = error.message;
    } else if (code === 'storage-full') {
        problem.detail = 'Nothing was changed. Free some space in the data directory and try again.';
    } else if (error instanceof AppError && (code === 'unavailable' || code === 'workspace-not-running')) {
        problem.detail = error.message;
    }
    if (error instanceof AppError && error.pointer !== undefined) {
        problem.pointer = error.pointer;
    }
    if (requestId !== undefined) {
        problem.requestId = requestId;
    }
    return problem;
}

/** Whether the file system or SQLite said that the disk is full. */
export function isDiskFull(error: unknown): boolean {
    if (!(error instanceof Error)) {
        return false;
    }
    const { code, errcode } = error as Error & { code?: string; errcode?: number };
    const SQLITE_FULL = 13;
    return code === 'ENOSPC' || errcode === SQLITE_FULL || isDiskFull(error.cause);
}

export { PROBLEM_MEDIA_TYPE };
