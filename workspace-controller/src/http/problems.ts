import { PROBLEM_MEDIA_TYPE, type ErrorCode } from '@tandem/protocol';
import { AppError, toProblem, type Logger } from '@tandem/server-kit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Errors of the framework, in our words. */
const FRAMEWORK_ERRORS: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
    FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid-json', message: 'The body is not JSON. Check quotes, commas and brackets.' },
    FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid-json', message: 'The body is empty, but the content type says JSON.' },
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'invalid-request', message: 'The body is shorter or longer than its Content-Length.' },
    FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported-media-type', message: 'Send the body as application/json.' },
    FST_ERR_BAD_URL: { code: 'invalid-request', message: 'The address is not a valid URL path.' },
};

/** Makes every error an RFC 9457 body with a code of our table; what is our own mistake is logged whole and told shortly. */
export function installProblems(app: FastifyInstance, logger: Logger, bodyBytes: number): void {
    app.setErrorHandler((error: FastifyError, request, reply) => {
        const known = inOurWords(error, bodyBytes);
        const problem = toProblem(known, request.id);
        if (problem.code === 'internal') {
            logger.error(
                { err: error, requestId: request.id, method: request.method, route: request.routeOptions.url },
                'A request failed',
            );
        }
        return sendProblem(reply, problem.status, problem);
    });
}

/** For what fails before there is a route, such as an address that cannot be decoded. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    const problem = toProblem(inOurWords(error, 0), request.id);
    void sendProblem(reply, problem.status, problem);
}

export function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const message = `There is nothing at ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}.`;
    const problem = toProblem(new AppError('not-found', message), request.id);
    return sendProblem(reply, problem.status, problem);
}

export function sendProblem(reply: FastifyReply, status: number, problem: object): FastifyReply {
    return reply
        .code(status)
        .header('content-type', PROBLEM_MEDIA_TYPE)
        .header('cache-control', 'no-store')
        .send(Buffer.from(JSON.stringify(problem)));
}

function inOurWords(error: FastifyError, bodyBytes: number): unknown {
    if (error instanceof AppError) {
        return error;
    }
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
        return new AppError('payload-too-large', `The body is larger than ${bodyBytes / 1024} KiB.`, { cause: error });
    }
    const known = FRAMEWORK_ERRORS[error.code];
    if (known !== undefined) {
        return new AppError(known.code, known.message, { cause: error });
    }
    const { statusCode } = error;
    if (statusCode === 403 || statusCode === 404) {
        // How the file server says that a path leads out of its folder.
        return new AppError('not-found', 'There is nothing at this address.', { cause: error });
    }
    const isSyntaxError = error instanceof SyntaxError && error.statusCode === 400;
    return isSyntaxError
        ? new AppError('invalid-json', 'The body is not JSON. Check quotes, commas and brackets.', { cause: error })
        : error;
}
