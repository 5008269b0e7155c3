import type { AccessGrant, BodyOf, OperationId, ParamsOf, QueryOf, ResponseOf, Session, Team, User, Workspace } from '@tandem/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { ApiTokenRecord } from '../auth/api-tokens.ts';
import type { SessionRecord, SignInMethod } from '../auth/sessions.ts';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import type { Caller, TeamRole } from '../domain/permissions.ts';
import type { ApiDeps } from './deps.ts';

/** How a request proved who it is from. */
export interface Authentication {
    caller: Caller;
    user: User | undefined;
    session: SessionRecord | undefined;
    token: ApiTokenRecord | undefined;
    /** Set when the call came through a workspace's origin. */
    workspaceAccess: WorkspaceAccess | undefined;
}

/** What a handler notes for the audit log; the rest is filled in. */
export interface AuditNotes {
    actor?: string;
    target?: string;
    detail: Record<string, string>;
}

/** One call of an operation, validated and allowed. */
export interface ApiContext<Id extends OperationId> {
    readonly deps: ApiDeps;
    readonly params: ParamsOf<Id>;
    readonly query: QueryOf<Id>;
    readonly body: BodyOf<Id>;
    readonly authentication: Authentication;
    /** The signed-in person. @throws Bug for operations that anyone may call */
    readonly user: User;
    readonly address: string;
    readonly userAgent: string;
    readonly audit: AuditNotes;
    /** Objects of the path, as far as the operation names them. @throws Bug for others */
    readonly team: Team;
    readonly teamRole: TeamRole | undefined;
    readonly workspace: Workspace;
    readonly grant: AccessGrant;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    /** Removes the session cookie. */
    forgetCookie(): void;
    requestSecret(sessionId: string): string;
    /** Signs the person in: session, cookie, answer. */
    signIn(user: User, method: SignInMethod): Promise<Session>;
}

type Answer<Id extends OperationId> = ResponseOf<Id> extends undefined ? void | Readable : ResponseOf<Id>;
export type Handler<Id extends OperationId> = (context: ApiContext<Id>) => Promise<Answer<Id>>;
export type Handlers<Ids extends OperationId> = { [Id in Ids]: Handler<Id> };
