import { Readable } from 'node:stream';
import {
    operations,
    TEAM_NAMESPACE_PREFIX,
    type AccessGrant,
    type Operation,
    type OperationId,
    type Team,
    type User,
    type Workspace,
} from '@tandem/protocol';
import { AppError, Bug, toProblem } from '@tandem/server-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { AuditIntent } from '../audit/audit-intents.ts';
import type { SignInMethod } from '../auth/sessions.ts';
import { decide, type Target, type TeamRole } from '../domain/permissions.ts';
import type { ApiContext, Authentication, AuditNotes, Handler } from './api-context.ts';
import { AUDIT_ACTIONS } from './audit-actions.ts';
import type { Authenticator } from './authenticate.ts';
import type { ApiDeps, ApiLimits } from './deps.ts';
import { Idempotency, IDEMPOTENCY_HEADER } from './idempotency.ts';
import type { PortalCookie } from './portal-cookie.ts';
import { handlers } from './routes/handlers.ts';
import { sessionView } from './session-view.ts';
import { validatorOf } from './validation.ts';

declare module 'fastify' {
    interface FastifyRequest {
        authentication?: Authentication;
    }
}

/** Calls by cookie that change something without the request secret: the one that hands the secret out. */
const WITHOUT_SECRET: ReadonlySet<OperationId> = new Set(['renewRequestSecret']);
/** Attempts that are counted per address. */
const ATTEMPTS: ReadonlySet<OperationId> = new Set(
    (Object.keys(operations) as OperationId[]).filter((id) => operations[id].access === 'public' && operations[id].method === 'POST'),
);

/** The change was made and cannot be taken back, but is not in the audit log: the caller must know both. */
class UnauditedError extends AppError {
    constructor(cause: unknown) {
        super('unavailable', 'The change was made, but could not be written to the audit log. Tell an admin; is the disk full?', { cause });
    }
}

export interface RegisterOptions {
    deps: ApiDeps;
    limits: ApiLimits;
    authenticator: Authenticator;
    cookie: PortalCookie;
}

/** Makes a route of every operation of the protocol's table: authenticate, validate, decide, do, audit, answer. */
export function registerOperations(app: FastifyInstance, options: RegisterOptions): void {
    const idempotency = new Idempotency(options.deps.database, options.deps.secrets, options.deps.clock);
    for (const id of Object.keys(operations) as OperationId[]) {
        registerOperation(app, id, options, idempotency);
    }
}

function registerOperation(app: FastifyInstance, id: OperationId, options: RegisterOptions, idempotency: Idempotency): void {
    const { deps, limits, authenticator } = options;
    const operation: Operation = operations[id];
    const check = {
        params: operation.params && validatorOf(operation.params, 'params'),
        query: operation.query && validatorOf(operation.query, 'query'),
        body: operation.body && validatorOf(operation.body, 'body'),
    };
    const checkAnswer = deps.validateResponses === true && operation.response ? validatorOf(operation.response, 'body') : undefined;
    const run = handlers[id] as unknown as Handler<OperationId>;
    const attempt = ATTEMPTS.has(id);
    const changes = AUDIT_ACTIONS[id] !== undefined && operation.method !== 'GET';
    const handle: RouteHandlerMethod = async (request, reply) => {
        const audit: AuditNotes = { detail: {} };
        const authentication = request.authentication as Authentication;
        const params = (check.params?.(request.params) ?? {}) as Record<string, string>;
        const facts = factsOf(deps, params, authentication);
        const { describe, write: entry } = entryOf(deps, id, request, authentication, params, audit);
        const decision = decide(id, authentication.caller, facts.target);
        if (!decision.allowed) {
            if (authentication.caller.kind === 'person') {
                await entry('denied', { code: decision.code });
            }
            throw new AppError(decision.code, decision.message);
        }
        const query = check.query?.(request.query);
        const body = check.body?.(request.body);
        const context = contextOf(options, { request, reply, authentication, params, query, body, audit, facts });
        const work = async (): Promise<{ status: number; body: unknown }> => {
            // On file before anything is changed: should this process end now, its next start tells of it.
            const intent = changes ? deps.intents.begin(describe()) : undefined;
            const finish = (): void => {
                if (intent !== undefined) {
                    deps.intents.end(intent);
                }
            };
            try {
                const result = await run(context);
                await entry('allowed').catch((cause: unknown) => {
                    throw new UnauditedError(cause);
                });
                finish();
                return { status: operation.status, body: result };
            } catch (error) {
                if (error instanceof UnauditedError) {
                    throw error;
                }
                // Failures of the server itself are in its log; the audit log tells what people were refused.
                const { code, status } = toProblem(error);
                await entry(status === 401 || status === 403 ? 'denied' : 'failed', { code }).then(finish, () => undefined);
                throw error;
            }
        };
        const key = request.headers[IDEMPOTENCY_HEADER];
        if (operation.idempotent === true && typeof key === 'string') {
            const { caller } = authentication;
            const name = caller.kind === 'person' ? caller.name : '';
            const answer = await idempotency.once(name, key, { id, params, body }, work);
            if (answer.replayed) {
                void reply.header('idempotent-replayed', 'true');
            }
            return send(reply, operation, answer.body, checkAnswer);
        }
        return send(reply, operation, (await work()).body, checkAnswer);
    };
    app.route({
        method: operation.method,
        url: operation.path,
        // An event stream never ends, so there is no HEAD of it.
        exposeHeadRoute: operation.method === 'GET' && operation.stream === undefined,
        onRequest: async (request) => {
            request.authentication =
                operation.access === 'public'
                    ? authenticator.identify(request)
                    : authenticator.authenticate(request, !WITHOUT_SECRET.has(id));
        },
        config: {
            rateLimit: {
                max: attempt ? limits.signInsPerMinute : limits.callsPerMinute,
                timeWindow: 60_000,
                hook: 'preHandler',
                groupId: attempt ? 'attempt' : 'call',
                keyGenerator: (request: FastifyRequest) => (attempt ? `attempt ${request.ip}` : rateKey(request)),
            },
        },
        handler: handle,
    });
}

function rateKey(request: FastifyRequest): string {
    const authentication = request.authentication;
    return authentication?.user === undefined ? `address ${request.ip}` : `user ${authentication.user.metadata.name}`;
}

function send(
    reply: FastifyReply,
    operation: Operation,
    result: unknown,
    checkAnswer: ((value: unknown) => unknown) | undefined,
): FastifyReply {
    void reply.code(operation.status);
    if (operation.stream !== undefined) {
        if (reply.sent || reply.raw.headersSent) {
            return reply;
        }
        if (!(result instanceof Readable)) {
            throw new Bug(`${operation.summary}: a stream was promised`);
        }
        return reply.type(operation.stream).send(result);
    }
    if (operation.response === undefined) {
        return reply.send();
    }
    try {
        checkAnswer?.(JSON.parse(JSON.stringify(result)));
    } catch (cause) {
        throw new Bug(`The answer of "${operation.summary}" is not what the table says: ${(cause as Error).message}`, { cause });
    }
    return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(result));
}

interface Facts {
    target: Target;
    team: Team | undefined;
    teamRole: TeamRole | undefined;
    workspace: Workspace | undefined;
    grant: AccessGrant | undefined;
}

/** Looks up the objects that a path names. */
function factsOf(deps: ApiDeps, params: Record<string, string>, authentication: Authentication): Facts {
    const { rights } = deps.auth;
    const facts: Facts = { target: {}, team: undefined, teamRole: undefined, workspace: undefined, grant: undefined };
    const { team: teamName, name } = params;
    const who = authentication.user?.metadata.name;
    if (teamName === undefined) {
        return facts;
    }
    const namespace = TEAM_NAMESPACE_PREFIX + teamName;
    facts.team = rights.team(teamName);
    facts.teamRole = facts.team?.spec.members.find((member) => member.user === who)?.role;
    facts.target.team = facts.team && { role: facts.teamRole };
    const workspace = name === undefined ? undefined : rights.workspace(name);
    if (workspace?.metadata.namespace === namespace && workspace.metadata.deletedAt === undefined) {
        facts.workspace = workspace;
        const right = who === undefined ? undefined : (authentication.workspaceAccess ?? rights.rightTo(workspace, who));
        const { uid } = workspace.metadata;
        const applies = authentication.workspaceAccess === undefined || authentication.workspaceAccess.workspace.uid === uid;
        facts.target.workspace = { uid, owner: ownerFor(authentication, workspace), right: applies ? right : undefined };
    }
    const grant = rights.grants().find((candidate) => candidate.metadata.name === name && candidate.metadata.namespace === namespace);
    if (grant !== undefined) {
        facts.grant = grant;
        const { subject, grantedBy, workspaceRef } = grant.spec;
        facts.target.grant = { subject, grantedBy, workspaceOwner: rights.workspace(workspaceRef)?.spec.owner };
    }
    return facts;
}

/** Through a workspace's origin only the grant counts: an owner who came in by a grant of a lower role is not the owner. */
function ownerFor(authentication: Authentication, workspace: Workspace): string {
    const access = authentication.workspaceAccess;
    return access !== undefined && access.role !== 'owner' && workspace.spec.owner === access.user.name ? '' : workspace.spec.owner;
}

interface Entry {
    /** What is known of it before it is done. */
    describe(): AuditIntent;
    write(outcome: 'allowed' | 'denied' | 'failed', detail?: Record<string, string>): Promise<void>;
}

/** The audit entry of a changing operation; what only reads leaves one when it was denied. */
function entryOf(
    deps: ApiDeps,
    id: OperationId,
    request: FastifyRequest,
    authentication: Authentication,
    params: Record<string, string>,
    notes: AuditNotes,
): Entry {
    const action = AUDIT_ACTIONS[id];
    const describe = (): AuditIntent => {
        const target =
            notes.target ?? [operations[id].tag, params['team'], params['name'] ?? publicId(id, params)].filter(Boolean).join('/');
        const grant = authentication.workspaceAccess?.grantId;
        return {
            actor: notes.actor ?? authentication.user?.metadata.name ?? 'anonymous',
            action: action ?? `api.${id}`,
            target: target.slice(0, 256),
            address: request.ip.slice(0, 64),
            ...(grant === undefined ? {} : { grant }),
        };
    };
    return {
        describe,
        async write(outcome, detail = {}) {
            if (action === undefined && outcome !== 'denied') {
                return;
            }
            const token: Record<string, string> = authentication.token === undefined ? {} : { token: authentication.token.id };
            await deps.audit.append({ ...describe(), outcome, detail: clip({ ...notes.detail, ...detail, ...token }) });
        },
    };
}

/** The id of a path, but never an invitation's secret. */
const publicId = (id: OperationId, params: Record<string, string>): string | undefined =>
    id === 'acceptInvitation' || id === 'getInvitation' ? undefined : (params['id'] ?? params['host']);

const clip = (detail: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, value.slice(0, 1024)]));

interface Parts {
    request: FastifyRequest;
    reply: FastifyReply;
    authentication: Authentication;
    params: unknown;
    query: unknown;
    body: unknown;
    audit: AuditNotes;
    facts: Facts;
}

function contextOf(options: RegisterOptions, parts: Parts): ApiContext<OperationId> {
    const { deps, cookie, authenticator } = options;
    const { request, reply, authentication, facts } = parts;
    const userAgent = String(request.headers['user-agent'] ?? '');
    const context = {
        deps,
        params: parts.params,
        query: parts.query,
        body: parts.body,
        authentication,
        address: request.ip,
        userAgent,
        audit: parts.audit,
        teamRole: facts.teamRole,
        request,
        reply,
        get user(): User {
            return present(authentication.user, 'a signed-in person');
        },
        get team(): Team {
            return present(facts.team, 'a team');
        },
        get workspace(): Workspace {
            return present(facts.workspace, 'a workspace');
        },
        get grant(): AccessGrant {
            return present(facts.grant, 'a grant');
        },
        forgetCookie: () => void reply.header('set-cookie', cookie.remove(userAgent)),
        requestSecret: (sessionId: string) => authenticator.requestSecret(sessionId),
        signIn: async (user: User, method: SignInMethod) => {
            const name = user.metadata.name;
            parts.audit.actor = name;
            parts.audit.target = `User/${name}`;
            parts.audit.detail['method'] = method;
            if (user.spec.disabled) {
                throw new AppError('user-disabled', 'Your account is disabled. Ask an admin.');
            }
            const { session, secret } = await deps.auth.sessions.create({ user: name, method, userAgent, address: request.ip });
            void reply.header('set-cookie', cookie.set(secret, session.expiresAtMs - deps.clock.now(), userAgent));
            deps.onSignIn?.(name);
            return sessionView(deps, user, deps.auth.sessions.endsAtMs(session), authenticator.requestSecret(session.id));
        },
    };
    return context as unknown as ApiContext<OperationId>;
}

function present<T>(value: T | undefined, what: string): T {
    if (value === undefined) {
        throw new Bug(`The operation has no ${what}`);
    }
    return value;
}
