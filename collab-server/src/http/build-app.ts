import { timingSafeEqual, createHash } from 'node:crypto';
import { AppError, PROBLEM_MEDIA_TYPE, toProblem } from '@tandem/server-kit';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { isLocalRequest } from '../auth/local-only.ts';
import type { CollabService } from '../service.ts';
import { registerAdministration } from './administration.ts';
import { registerDocuments } from './documents.ts';
import { registerInspector } from './inspector.ts';
import { registerMetrics } from './metrics.ts';
import { registerStatus } from './status.ts';

/** The HTTP side: status for everyone, documents and administration for the holder of the server token. */
export async function buildApp(service: CollabService): Promise<FastifyInstance> {
    const app = fastify({ logger: false, bodyLimit: service.limits.maxBodyBytes, routerOptions: { maxParamLength: 3 * 256 } });
    app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.setErrorHandler((error, request, reply) => {
        const known = error instanceof AppError ? error : fromFastify(error);
        if (!(known instanceof AppError)) {
            service.logger.error({ error, path: request.url }, 'a request failed');
        }
        const problem = toProblem(known, request.id);
        void reply.status(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
    });
    app.setNotFoundHandler((request) => {
        throw new AppError('not-found', `There is nothing at ${request.method} ${request.url}.`);
    });
    registerStatus(app, service);
    registerMetrics(app, service);
    registerDocuments(app, service);
    registerAdministration(app, service);
    registerInspector(app);
    return app;
}

/** Lets a request pass that carries the server token; without authentication, one of this machine. */
export function requireServerToken(service: CollabService, request: FastifyRequest): void {
    if (service.serverToken === undefined) {
        if (service.isOpenToAll && isLocalRequest(request.raw)) {
            return;
        }
        throw new AppError('forbidden', 'The HTTP API is off: start the server with a server token.');
    }
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(given), digest(service.serverToken))) {
        throw new AppError('not-signed-in', 'Give the server token as "Authorization: Bearer …".');
    }
}

function digest(text: string): Buffer {
    return createHash('sha256').update(text).digest();
}

function fromFastify(error: unknown): unknown {
    const { statusCode, message } = error as { statusCode?: number; message?: string };
    switch (statusCode) {
        case 400:
            return new AppError('invalid-request', message ?? 'The request is not valid.');
        case 413:
            return new AppError('payload-too-large', message ?? 'The body is too large.');
        case 415:
            return new AppError('unsupported-media-type', message ?? 'Send application/octet-stream.');
        default:
            return error;
    }
}
