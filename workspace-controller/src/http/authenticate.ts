import type { IncomingMessage } from 'node:http';
import { REQUEST_SECRET_HEADER } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { FastifyRequest } from 'fastify';
import type { AuthService } from '../auth/auth-service.ts';
import { equalInConstantTime } from '../auth/tokens.ts';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import type { SecretBox } from '../database/secret-box.ts';
import type { Authentication } from './api-context.ts';
import type { PortalCookie } from './portal-cookie.ts';

/** Set by the gateway on requests that came through a workspace's origin. A symbol, so that no header can forge it. */
export const WORKSPACE_ACCESS = Symbol('tandem.workspace-access');
type MarkedRequest = IncomingMessage & { [WORKSPACE_ACCESS]?: WorkspaceAccess };

export const markWorkspaceAccess = (request: IncomingMessage, access: WorkspaceAccess): void => {
    (request as MarkedRequest)[WORKSPACE_ACCESS] = access;
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const ANONYMOUS: Authentication = {
    caller: { kind: 'anonymous' },
    user: undefined,
    session: undefined,
    token: undefined,
    workspaceAccess: undefined,
};

/** Finds out who a request is from, and refuses what another site may have caused. */
export class Authenticator {
    private readonly auth: AuthService;
    private readonly cookie: PortalCookie;
    private readonly secrets: SecretBox;
    private readonly portal: URL;
    private readonly workspaceOrigin: (workspace: string) => string;

    constructor(deps: {
        auth: AuthService;
        cookie: PortalCookie;
        secrets: SecretBox;
        portal: URL;
        workspaceOrigin: (workspace: string) => string;
    }) {
        this.auth = deps.auth;
        this.cookie = deps.cookie;
        this.secrets = deps.secrets;
        this.portal = deps.portal;
        this.workspaceOrigin = deps.workspaceOrigin;
    }

    /** The secret that a page of ours keeps in origin storage; follows from the session, so that all tabs have the same. */
    requestSecret(sessionId: string): string {
        return this.secrets.mac('request-secret', sessionId).toString('base64url');
    }

    /**
     * @param needsSecret whether a changing call by cookie must carry the request secret too
     * @throws AppError `not-signed-in` for a bad bearer token, `user-disabled`, `origin-refused`
     */
    authenticate(request: FastifyRequest, needsSecret: boolean): Authentication {
        const access = (request.raw as MarkedRequest)[WORKSPACE_ACCESS];
        if (access !== undefined) {
            return this.fromWorkspace(request, access);
        }
        const { headers } = request;
        const userAgent = headers['user-agent'];
        const secret = this.cookie.read(headers.cookie, userAgent);
        const changes = !SAFE_METHODS.has(request.method);
        const session = secret === undefined ? undefined : this.auth.sessions.bySecret(secret);
        if (changes) {
            this.checkOrigin(request, session?.id, needsSecret);
        }
        const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
        if (headers.authorization !== undefined) {
            return this.fromToken(bearer);
        }
        if (session === undefined) {
            return ANONYMOUS;
        }
        const user = this.enabledUser(session.user);
        this.auth.sessions.touch(session);
        const caller = { kind: 'person', name: session.user, admin: user.spec.admin, via: { kind: 'session' } } as const;
        return { caller, user, session, token: undefined, workspaceAccess: undefined };
    }

    /** For what anyone may call: a credential that is no longer good counts as none. @throws AppError `origin-refused` */
    identify(request: FastifyRequest): Authentication {
        try {
            return this.authenticate(request, false);
        } catch (error) {
            if (error instanceof AppError && (error.code === 'not-signed-in' || error.code === 'user-disabled')) {
                return ANONYMOUS;
            }
            throw error;
        }
    }

    private fromToken(bearer: string | undefined): Authentication {
        const token = bearer === undefined ? undefined : this.auth.tokens.check(bearer);
        if (token === undefined) {
            throw new AppError('not-signed-in', 'The token is not valid here, was revoked or has expired. Make a new one.');
        }
        const user = this.enabledUser(token.user);
        const caller = { kind: 'person', name: token.user, admin: user.spec.admin, via: { kind: 'token', scope: token.scope } } as const;
        return { caller, user, session: undefined, token, workspaceAccess: undefined };
    }

    private fromWorkspace(request: FastifyRequest, access: WorkspaceAccess): Authentication {
        const { origin } = request.headers;
        if (!SAFE_METHODS.has(request.method) && origin !== this.workspaceOrigin(access.workspace.name)) {
            throw refusedOrigin(origin);
        }
        const user = this.enabledUser(access.user.name);
        const via = { kind: 'workspace', workspaceUid: access.workspace.uid } as const;
        const caller = { kind: 'person', name: user.metadata.name, admin: user.spec.admin, via } as const;
        const session = this.auth.sessions.byId(access.sessionId);
        return { caller, user, session, token: undefined, workspaceAccess: access };
    }

    private checkOrigin(request: FastifyRequest, sessionId: string | undefined, needsSecret: boolean): void {
        const { origin } = request.headers;
        if (origin !== undefined && origin !== this.portal.origin) {
            throw refusedOrigin(origin);
        }
        if (sessionId === undefined) {
            return;
        }
        if (origin === undefined) {
            throw refusedOrigin(origin);
        }
        const given = request.headers[REQUEST_SECRET_HEADER];
        if (needsSecret && (typeof given !== 'string' || !equalInConstantTime(this.requestSecret(sessionId), given))) {
            throw new AppError('origin-refused', `The header ${REQUEST_SECRET_HEADER} is missing or wrong. Reload the page.`);
        }
    }

    private enabledUser(name: string): NonNullable<Authentication['user']> {
        const user = this.auth.rights.user(name);
        if (user === undefined || user.spec.disabled) {
            throw new AppError('user-disabled', 'Your account is disabled. Ask an admin.');
        }
        return user;
    }
}

function refusedOrigin(origin: string | undefined): AppError {
    return new AppError(
        'origin-refused',
        origin === undefined
            ? 'The request has no Origin header. Calls with a cookie must come from the portal; scripts use a token.'
            : `The request comes from ${origin.slice(0, 200)}, which is not the portal.`,
    );
}
