import type { FastifyInstance } from 'fastify';
import type { CollabService } from '../service.ts';

/** Liveness and readiness. */
export function registerStatus(app: FastifyInstance, service: CollabService): void {
    app.get('/healthz', () => ({ status: 'ok' }));
    app.get('/readyz', (_request, reply) => {
        const { problem } = service;
        void reply.status(problem === undefined ? 200 : 503);
        return problem === undefined ? { status: 'ready' } : { status: 'not ready', problem };
    });
}
