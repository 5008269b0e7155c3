import { OIDC_PATH, PORTAL_PAGES } from '@tandem/protocol';
import { AppError, toProblem } from '@tandem/server-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps, ApiLimits } from './deps.ts';
import { safeReturnPath } from '../gateway/reserved-path.ts';
import type { PortalCookie } from './portal-cookie.ts';

const BROWSER_COOKIE = 'tandem-oidc';
const BROWSER_COOKIE_LIFETIME_MS = 10 * 60_000;

/** `/auth/oidc/<id>/start?return=<path>` and `/auth/oidc/<id>/callback`: navigations, so failures go back to the sign-in page. */
export function registerOidc(app: FastifyInstance, deps: ApiDeps, cookie: PortalCookie, limits: ApiLimits): void {
    const { oidc } = deps.auth;
    if (oidc === undefined) {
        return;
    }
    const config = { rateLimit: { max: limits.signInsPerMinute, timeWindow: 60_000, groupId: 'attempt' } };
    const base = `${OIDC_PATH}${oidc.config.id}`;

    app.get<{ Querystring: Record<string, string | string[]> }>(`${base}/start`, { config }, async (request, reply) => {
        void reply.header('cache-control', 'no-store');
        try {
            const { url, browser } = await oidc.start(safeReturnPath(String(request.query['return'] ?? '/')));
            const userAgent = request.headers['user-agent'];
            void reply.header('set-cookie', cookie.serialize(BROWSER_COOKIE, browser, BROWSER_COOKIE_LIFETIME_MS, userAgent));
            return reply.redirect(url.href, 302);
        } catch (error) {
            return back(reply, error);
        }
    });

    app.get(`${base}/callback`, { config }, async (request, reply) => {
        void reply.header('cache-control', 'no-store');
        const userAgent = request.headers['user-agent'];
        const browser = cookie.readOther(BROWSER_COOKIE, request.headers.cookie, userAgent);
        const entry = { action: 'session.sign-in', address: request.ip, detail: { method: 'oidc', provider: oidc.config.id } };
        let actor = 'anonymous';
        try {
            const { user, returnTo } = await oidc.finish(new URL(request.url, deps.portalUrl).searchParams, browser);
            actor = user.metadata.name;
            if (user.spec.disabled) {
                throw new AppError('user-disabled', 'Your account is disabled. Ask an admin.');
            }
            const { session, secret } = await deps.auth.sessions.create({
                user: actor,
                method: 'oidc',
                userAgent: userAgent ?? '',
                address: request.ip,
            });
            await deps.audit.append({ ...entry, actor, target: `User/${actor}`, outcome: 'allowed' });
            deps.onSignIn?.(actor);
            const lifetimeMs = session.expiresAtMs - deps.clock.now();
            void reply.header('set-cookie', [
                cookie.set(secret, lifetimeMs, userAgent),
                cookie.serialize(BROWSER_COOKIE, '', 0, userAgent),
            ]);
            return reply.redirect(returnTo, 302);
        } catch (error) {
            await recordFailure(deps, request, { ...entry, actor }, error);
            return back(reply, error);
        }
    });
}

async function recordFailure(
    deps: ApiDeps,
    request: FastifyRequest,
    entry: { actor: string; action: string; address: string; detail: Record<string, string> },
    error: unknown,
): Promise<void> {
    const { code } = toProblem(error);
    if (code === 'internal') {
        deps.logger.error({ err: error, requestId: request.id }, 'Sign-in with the OpenID provider failed');
    }
    await deps.audit.append({ ...entry, target: 'session', outcome: 'denied', detail: { ...entry.detail, code } });
}

function back(reply: FastifyReply, error: unknown): FastifyReply {
    const query = new URLSearchParams({ error: toProblem(error).code });
    return reply.redirect(`${PORTAL_PAGES.signIn}?${query}`, 302);
}
