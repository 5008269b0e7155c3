import type { CreateWorkspace, User, Workspace } from '@tandem/protocol';
import type { Clock, Logger } from '@tandem/server-kit';
import type { Readable } from 'node:stream';
import type { AuditIntents } from '../audit/audit-intents.ts';
import type { AuditSink } from '../audit/audit-sink.ts';
import type { AuthService } from '../auth/auth-service.ts';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { SecretBox } from '../database/secret-box.ts';
import type { WorkspaceDirectory } from '../events.ts';
import type { WorkspaceRuntime } from '../runtime/workspace-runtime.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** What the API asks of the reconcilers' side. */
export interface WorkspaceCommands {
    /**
     * Makes a workspace (claiming a waiting one when it can).
     *
     * @throws AppError `invalid-name`, `already-exists`, `invalid-git-url`, `not-found` for an unknown template
     */
    createWorkspace(request: { team: string; owner: string; body: CreateWorkspace }): Promise<Workspace>;
}

export interface ApiDeps {
    auth: AuthService;
    store: ResourceStore;
    audit: AuditSink;
    intents: AuditIntents;
    database: PlatformDatabase;
    secrets: SecretBox;
    directory: WorkspaceDirectory;
    runtime: Pick<WorkspaceRuntime, 'log' | 'listeningPorts'>;
    commands: WorkspaceCommands;
    /** A person has just signed in; never waited for. */
    onSignIn?: (user: string) => void;
    /** A running backup as a gzipped tar. */
    backup: (options: { homes: boolean }) => Promise<Readable>;
    clock: Clock;
    logger: Logger;
    version: string;
    /** Origin of the portal. */
    portalUrl: URL;
    /** Without port. */
    contentDomain: string;
    /** Addresses whose `X-Forwarded-*` headers are believed. */
    trustedProxies?: readonly string[];
    /** The portal's static build; absent: no portal is served. */
    portalDirectory?: string;
    /** `ide/lib/frontend`, whose bundles the portal fetches ahead. */
    ideFrontendDirectory?: string;
    /** Further parts that `/readyz` asks; a rejection is "not ready" with its message. */
    readiness?: Record<string, () => Promise<void>>;
    /** Further Prometheus text for `/metrics`. */
    metrics?: () => string;
    limits?: Partial<ApiLimits>;
    /** Tests check every answer against its schema. */
    validateResponses?: boolean;
}

export interface ApiLimits {
    /** Calls a minute of one session, token or address. */
    callsPerMinute: number;
    /** Sign-in attempts a minute of one address. */
    signInsPerMinute: number;
    bodyBytes: number;
    /** Event streams of one person. */
    streamsPerUser: number;
}

export const DEFAULT_LIMITS: ApiLimits = { callsPerMinute: 3000, signInsPerMinute: 60, bodyBytes: 64 * 1024, streamsPerUser: 32 };

export type { User };
