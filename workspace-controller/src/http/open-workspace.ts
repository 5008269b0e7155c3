import { OPEN_PATH, PORTAL_PAGES, RESERVED_PATH, type User, type Workspace } from '@tandem/protocol';
import { AppError, toProblem } from '@tandem/server-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import { updateObject } from '../auth/update-object.ts';
import { Addresses } from '../gateway/addresses.ts';
import { safeReturnPath } from '../gateway/reserved-path.ts';
import type { Authentication } from './api-context.ts';
import type { Authenticator } from './authenticate.ts';
import type { ApiDeps } from './deps.ts';

interface OpenRoute {
    Params: { workspace: string };
    Querystring: Record<string, string | string[]>;
}
type OpenRequest = FastifyRequest<OpenRoute>;

/** A browser that was let in by a token's one-time URL stays for at most this long. */
const HANDOVER_LIFETIME_MS = 12 * 3_600_000;

/** Where a one-time code is redeemed. */
export function enterUrl(addresses: Addresses, target: { workspace: string; port?: number; code: string; to: string }): string {
    const origin =
        target.port === undefined ? addresses.workspaceOrigin(target.workspace) : addresses.portOrigin(target.workspace, target.port);
    const url = new URL(`${RESERVED_PATH}enter`, origin);
    url.searchParams.set('code', target.code);
    url.searchParams.set('to', target.to);
    return url.href;
}

/**
 * The access that a browser is to get. With a token there is no portal session, so one is made that is good for workspace
 * origins only and ends with the token.
 *
 * @throws AppError `forbidden` with the reason
 */
export async function accessForBrowser(
    deps: ApiDeps,
    workspace: Workspace,
    user: User,
    authentication: Authentication,
    browser: { address: string; userAgent: string },
): Promise<WorkspaceAccess> {
    const { sessions, registry } = deps.auth;
    const { token } = authentication;
    let sessionId = authentication.session?.id;
    if (token !== undefined) {
        const lifetimeMs = Math.min(HANDOVER_LIFETIME_MS, token.expiresAtMs - deps.clock.now());
        const name = user.metadata.name;
        const { session } = await sessions.create({
            user: name,
            kind: 'handover',
            method: 'token',
            tokenId: token.id,
            lifetimeMs,
            ...browser,
        });
        sessionId = session.id;
    }
    const access = registry.accessOf(sessionId ?? '', workspace);
    if ('refused' in access) {
        throw new AppError('forbidden', access.explanation);
    }
    return access;
}

/** Asks for a hibernated workspace to run again. */
export async function wake(deps: ApiDeps, workspace: Workspace): Promise<void> {
    if (workspace.spec.operatingMode === 'Hibernated') {
        const { namespace, name } = workspace.metadata;
        await updateObject(deps.store, deps.auth.rights, { kind: 'Workspace', namespace, name }, (object) => {
            object.spec.operatingMode = 'Running';
        });
    }
}

/**
 * `GET /open/<workspace>?to=/path[&port=n]`: hands the portal's session over to a workspace's origin by a one-time code;
 * who is not signed in goes to the sign-in page and comes back.
 */
export function registerOpenWorkspace(app: FastifyInstance, deps: ApiDeps, authenticator: Authenticator): void {
    const addresses = new Addresses(deps);
    app.get<OpenRoute>(`${OPEN_PATH}:workspace`, async (request, reply) => {
        void reply.header('cache-control', 'no-store');
        try {
            return await open(request, reply);
        } catch (error) {
            const { code } = toProblem(error);
            if (code === 'internal') {
                deps.logger.error({ err: error, requestId: request.id }, 'A workspace could not be opened');
            }
            // A person follows this link: they are told on a page, not in JSON.
            const page = code === 'user-disabled' ? PORTAL_PAGES.signIn : '/';
            return reply.redirect(`${page}?${notOpened(code, request.params.workspace)}`, 302);
        }
    });

    async function open(request: OpenRequest, reply: FastifyReply): Promise<FastifyReply> {
        const authentication = authenticator.authenticate(request, false);
        const { session, user } = authentication;
        if (session === undefined || user === undefined) {
            const back = new URLSearchParams({ return: request.url });
            return reply.redirect(`${PORTAL_PAGES.signIn}?${back}`, 302);
        }
        const { rights, registry } = deps.auth;
        const workspace = rights.workspace(request.params.workspace);
        const name = user.metadata.name;
        const target = `Workspace/${request.params.workspace}`.slice(0, 256);
        const entry = { actor: name, action: 'workspace.open', target, address: request.ip, detail: {} };
        const port = portOf(request.query['port']);
        const access = workspace === undefined ? undefined : registry.accessOf(session.id, workspace, port === undefined ? {} : { port });
        if (workspace === undefined || access === undefined || 'refused' in access) {
            await deps.audit.append({ ...entry, outcome: 'denied' });
            // The same answer for what is not there and for what is not theirs.
            return reply.redirect(`/?${notOpened('not-found', request.params.workspace)}`, 302);
        }
        if (access.port === undefined) {
            await wake(deps, workspace);
        }
        const code = await registry.mintCode(access);
        await deps.audit.append({ ...entry, outcome: 'allowed' });
        const to = safeReturnPath(String(request.query['to'] ?? '/'));
        return reply.redirect(enterUrl(addresses, { workspace: workspace.metadata.name, port, code, to }), 302);
    }
}

const notOpened = (error: string, workspace: string): URLSearchParams => new URLSearchParams({ error, workspace: workspace.slice(0, 64) });

function portOf(value: string | string[] | undefined): number | undefined {
    if (value === undefined) {
        return undefined;
    }
    const port = Number(value);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
        throw new AppError('invalid-request', `"port" is "${String(value).slice(0, 20)}". Give a number from 1 to 65535.`, {
            pointer: '/port',
        });
    }
    return port;
}
