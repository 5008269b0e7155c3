import type { FastifyInstance } from 'fastify';
import { AppError } from '@tandem/server-kit';
import { decide } from '../../domain/permissions.ts';
import type { Authenticator } from '../authenticate.ts';
import type { ApiDeps } from '../deps.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

const READINESS_TIMEOUT_MS = 5_000;

/** `/healthz` (the process answers), `/readyz` (what it needs answers) and `/metrics` (Prometheus text). */
export function installHealth(app: FastifyInstance, deps: ApiDeps, authenticator: Authenticator): void {
    const requests = new Map<string, number>();
    const durations = new Map<string, { count: number; sumSeconds: number }>();

    app.addHook('onResponse', async (request, reply) => {
        const route = request.routeOptions.url ?? 'none';
        count(requests, `method="${request.method}",route="${route}",status="${reply.statusCode}"`);
        const entry = durations.get(route) ?? { count: 0, sumSeconds: 0 };
        entry.count++;
        entry.sumSeconds += reply.elapsedTime / 1000;
        durations.set(route, entry);
    });
    app.get('/healthz', { logLevel: 'silent' }, async () => ({ status: 'ok' }));
    app.get('/readyz', { logLevel: 'silent' }, async (_request, reply) => {
        const checks: Record<string, () => Promise<unknown>> = {
            database: () => deps.database.query('SELECT 1'),
            store: () => deps.store.list('Team', { limit: 1 }),
            rights: async () => {
                if (deps.auth.rights.silentForMs > 0) {
                    throw new Error('the watch of users and grants is down');
                }
            },
            ...deps.readiness,
        };
        const failures: Record<string, string> = {};
        await Promise.all(
            Object.entries(checks).map(async ([name, check]) => {
                try {
                    await withTimeout(check());
                } catch (error) {
                    failures[name] = (error as Error).message;
                    deps.logger.warn({ err: error, check: name }, 'Not ready');
                }
            }),
        );
        const ready = Object.keys(failures).length === 0;
        // What exactly failed stands in the log: this page has no sign-in.
        return reply.code(ready ? 200 : 503).send(ready ? { status: 'ok' } : { status: 'not-ready', failed: Object.keys(failures).sort() });
    });
    app.get('/metrics', { logLevel: 'silent' }, async (request, reply) => {
        // From this machine as it is; from elsewhere with the token of an admin.
        if (!LOOPBACK.has(request.ip)) {
            const decision = decide('listAudit', authenticator.authenticate(request, false).caller, {});
            if (!decision.allowed) {
                throw new AppError(decision.code, decision.message);
            }
        }
        const { rights, revocations } = deps.auth;
        const running = rights.workspaces().filter((workspace) => workspace.status.state === 'running').length;
        const lines = [
            '# HELP tandem_http_requests_total Answered requests.',
            '# TYPE tandem_http_requests_total counter',
            ...[...requests].map(([labels, value]) => `tandem_http_requests_total{${labels}} ${value}`),
            '# HELP tandem_http_request_duration_seconds Time to answer.',
            '# TYPE tandem_http_request_duration_seconds summary',
            ...[...durations].flatMap(([route, { count: n, sumSeconds }]) => [
                `tandem_http_request_duration_seconds_sum{route="${route}"} ${sumSeconds.toFixed(6)}`,
                `tandem_http_request_duration_seconds_count{route="${route}"} ${n}`,
            ]),
            '# TYPE tandem_workspaces gauge',
            `tandem_workspaces{state="running"} ${running}`,
            `tandem_workspaces{state="other"} ${rights.workspaces().length - running}`,
            '# TYPE tandem_revocations_total counter',
            `tandem_revocations_total ${revocations.sequence}`,
            '# TYPE process_resident_memory_bytes gauge',
            `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
            '# TYPE process_uptime_seconds gauge',
            `process_uptime_seconds ${process.uptime().toFixed(1)}`,
        ];
        return reply.type('text/plain; version=0.0.4; charset=utf-8').send(`${lines.join('\n')}\n${deps.metrics?.() ?? ''}`);
    });
}

function count(map: Map<string, number>, key: string): void {
    map.set(key, (map.get(key) ?? 0) + 1);
}

async function withTimeout(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${READINESS_TIMEOUT_MS} ms`)), READINESS_TIMEOUT_MS);
    });
    await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
