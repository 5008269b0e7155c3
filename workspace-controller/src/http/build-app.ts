import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, type ServerResponse, type IncomingMessage } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import { API_PREFIX, operations } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import fastify, { type FastifyInstance } from 'fastify';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import { Addresses } from '../gateway/addresses.ts';
import { apiDocsPage } from './api-docs-page.ts';
import { Authenticator, markWorkspaceAccess } from './authenticate.ts';
import { DEFAULT_LIMITS, type ApiDeps } from './deps.ts';
import { registerOidc } from './oidc-routes.ts';
import { openApiDocument } from './openapi.ts';
import { registerOpenWorkspace } from './open-workspace.ts';
import { installHealth } from './plugins/health.ts';
import { installIdeAssets } from './plugins/ide-assets.ts';
import { installPortalFiles, readPortalPage } from './plugins/portal-files.ts';
import { inlineScriptsOf, installSecurityHeaders } from './plugins/security-headers.ts';
import { PortalCookie } from './portal-cookie.ts';
import { answerFrameworkError, installProblems, notFound } from './problems.ts';
import { registerOperations } from './register-operations.ts';

const KEEP_ALIVE_MS = 65_000;

/**
 * The portal's origin: API, sign-in, portal, health. The caller owns the HTTP server: after `await app.ready()` it hands
 * requests over with `app.routing(request, response)`.
 */
export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
    const limits = { ...DEFAULT_LIMITS, ...deps.limits };
    const app = fastify({
        // Fastify wants a server; ours never listens unless a test calls `listen`.
        serverFactory: (handler: RequestListener): Server => createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handler),
        logger: false,
        bodyLimit: limits.bodyBytes,
        genReqId: () => randomUUID(),
        trustProxy: deps.trustedProxies === undefined || deps.trustedProxies.length === 0 ? false : [...deps.trustedProxies],
        routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
        forceCloseConnections: true,
        exposeHeadRoutes: true,
        frameworkErrors: answerFrameworkError,
    });
    const cookie = new PortalCookie(deps.portalUrl);
    const addresses = new Addresses(deps);
    const authenticator = new Authenticator({
        auth: deps.auth,
        secrets: deps.secrets,
        cookie,
        portal: deps.portalUrl,
        workspaceOrigin: (workspace) => addresses.workspaceOrigin(workspace),
    });
    const page = readPortalPage(deps.portalDirectory);

    acceptOnlyJson(app);
    installProblems(app, deps.logger, limits.bodyBytes);
    installSecurityHeaders(app, {
        https: deps.portalUrl.protocol === 'https:',
        inlineScripts: page === undefined ? [] : inlineScriptsOf(page),
        staticOrigin: addresses.staticOrigin(),
    });
    await app.register(rateLimit, {
        global: false,
        errorResponseBuilder: (_request, context) =>
            new AppError(
                'too-many-requests',
                `More than ${context.max} calls in a minute. Try again in ${Math.ceil(context.ttl / 1000)} seconds.`,
            ),
    });
    installHealth(app, deps, authenticator);
    registerDocuments(app, deps);
    registerOperations(app, { deps, limits, authenticator, cookie });
    registerOidc(app, deps, cookie, limits);
    registerOpenWorkspace(app, deps, authenticator);
    if (deps.ideFrontendDirectory !== undefined) {
        installIdeAssets(app, { ideFrontendDirectory: deps.ideFrontendDirectory, staticOrigin: addresses.staticOrigin() });
    }
    if (page !== undefined && deps.portalDirectory !== undefined) {
        await installPortalFiles(app, deps.portalDirectory, page);
    } else {
        app.setNotFoundHandler(notFound);
    }
    return app;
}

/**
 * Hands a request that came to `/.tandem/api/…` of a workspace's origin to the API, with the rights of one access. The
 * gateway has checked cookie and host.
 *
 * @param call `url` is the path as the API knows it, `/api/v1/…` with its query
 */
export function dispatchFromWorkspace(
    app: FastifyInstance,
    request: IncomingMessage,
    response: ServerResponse,
    call: { url: string; access: WorkspaceAccess },
): void {
    request.url = call.url;
    markWorkspaceAccess(request, call.access);
    app.routing(request, response);
}

/** Bodies are JSON or absent; a browser form cannot send that without asking first. */
function acceptOnlyJson(app: FastifyInstance): void {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
        if (text === '') {
            done(null, undefined);
            return;
        }
        try {
            done(null, withoutPrototype(JSON.parse(String(text))));
        } catch (cause) {
            done(new AppError('invalid-json', `The body is not JSON: ${(cause as Error).message.slice(0, 200)}`, { cause }));
        }
    });
}

/** @throws AppError `invalid-json` for keys that would reach an object's prototype */
function withoutPrototype(value: unknown): unknown {
    const stack = [value];
    while (stack.length > 0) {
        const node = stack.pop();
        if (node !== null && typeof node === 'object') {
            if (Object.hasOwn(node, '__proto__')) {
                throw new Error('the key "__proto__" is not allowed');
            }
            stack.push(...Object.values(node));
        }
    }
    return value;
}

function registerDocuments(app: FastifyInstance, deps: ApiDeps): void {
    const document = JSON.stringify(openApiDocument(deps.version));
    const page = apiDocsPage(deps.version);
    app.get('/api/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
    app.get('/api/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
    app.get('/.well-known/jwks.json', (_request, reply) => reply.header('cache-control', 'no-cache').send(deps.auth.signingKeys.jwks()));
    // A known path with another method is told as such.
    const known = Object.values(operations).map(({ path }) => new RegExp(`^${path.replace(/:[a-zA-Z]+/g, '[^/]+')}$`));
    app.all(`${API_PREFIX}/*`, (request) => {
        const path = request.url.split('?')[0] ?? '';
        const code = known.some((pattern) => pattern.test(path)) ? 'method-not-allowed' : 'not-found';
        throw new AppError(code, `There is nothing at ${request.method} ${path.slice(0, 200)}. See /api/docs.`);
    });
}
