import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
    DEFAULT_TEAM,
    DEFAULT_TEMPLATE,
    INSTALL_NAMESPACE,
    operations,
    REQUEST_SECRET_HEADER,
    TEAM_NAMESPACE_PREFIX,
    type AccessGrant,
    type ControllerMessage,
    type Operation,
    type OperationId,
    type User,
    type Workspace,
} from '@tandem/protocol';
import { createLogger, FakeClock, type Clock, type SqliteDatabase } from '@tandem/server-kit';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { AuditIntents } from '../../audit/audit-intents.ts';
import { tellInterrupted } from '../../audit/tell-interrupted.ts';
import { ChainAnchor } from '../../audit/chain-anchor.ts';
import { SqliteAuditSink } from '../../audit/sqlite-audit-sink.ts';
import { AuthService } from '../../auth/auth-service.ts';
import type { OidcConfig } from '../../config.ts';
import { openPlatformDatabase } from '../../database/open-platform-database.ts';
import { SecretBox } from '../../database/secret-box.ts';
import { SqliteResourceStore } from '../../store/sqlite/sqlite-resource-store.ts';
import { buildApp } from '../build-app.ts';
import type { ApiDeps } from '../deps.ts';

export const PORTAL = new URL('http://tandem.localhost:24000');
export const CONTENT_DOMAIN = 'ws.tandem.localhost';

/** What a signed-in browser or a script sends. */
export interface Client {
    headers: Record<string, string>;
    name: string | undefined;
}

export interface CallParts {
    params?: Record<string, string>;
    query?: Record<string, string>;
    body?: unknown;
    headers?: Record<string, string>;
}

export interface FixtureOptions {
    clock?: Clock;
    oidc?: OidcConfig;
    isolated?: boolean;
    portalUrl?: URL;
    deps?: Partial<ApiDeps>;
    directory?: string;
}

/** The API over real stores in a temporary folder. */
export class ApiFixture {
    readonly folder: string;
    readonly clock: Clock;
    readonly sent: { uid: string; message: ControllerMessage }[] = [];
    app!: FastifyInstance;
    deps!: ApiDeps;
    auth!: AuthService;
    store!: SqliteResourceStore;
    audit!: SqliteAuditSink;
    intents!: AuditIntents;
    database!: SqliteDatabase;
    secrets!: SecretBox;
    readonly anonymous: Client = { headers: {}, name: undefined };
    private readonly options: FixtureOptions;
    private workspaces = 0;

    private constructor(options: FixtureOptions) {
        this.options = options;
        this.folder = options.directory ?? mkdtempSync(join(tmpdir(), 'tandem-api-'));
        this.clock = options.clock ?? new FakeClock(Date.UTC(2026, 5, 1));
    }

    static async start(options: FixtureOptions = {}): Promise<ApiFixture> {
        const fixture = new ApiFixture(options);
        await fixture.open();
        if ((await fixture.store.get('Team', INSTALL_NAMESPACE, DEFAULT_TEAM)) === undefined) {
            await fixture.addTeam(DEFAULT_TEAM);
            await fixture.addTemplate(DEFAULT_TEMPLATE);
        }
        return fixture;
    }

    async open(): Promise<void> {
        const logger = createLogger({ name: 'api-test', level: 'silent' });
        const { clock } = this;
        this.store = await SqliteResourceStore.open(join(this.folder, 'resources.sqlite'), clock);
        this.database = await openPlatformDatabase(join(this.folder, 'platform.sqlite'));
        this.secrets = await SecretBox.open(join(this.folder, 'secret.key'));
        const anchor = new ChainAnchor(this.database, this.secrets, logger);
        this.audit = await SqliteAuditSink.open({ path: join(this.folder, 'audit.sqlite'), anchor, clock, logger });
        this.intents = new AuditIntents(join(this.folder, 'audit-intents.log'));
        await tellInterrupted(this.intents, this.audit, logger);
        const portalUrl = this.options.portalUrl ?? PORTAL;
        const { store, database, secrets, audit } = this;
        this.auth = await AuthService.open({
            database,
            secrets,
            store,
            clock,
            logger,
            portalUrl,
            contentDomain: CONTENT_DOMAIN,
            isolated: this.options.isolated ?? true,
            oidc: this.options.oidc,
            passwordCost: { logN: 4, r: 8, p: 1 },
        });
        this.deps = {
            auth: this.auth,
            store,
            audit,
            intents: this.intents,
            database,
            secrets,
            directory: {
                byName: () => undefined,
                byUid: () => undefined,
                whenRunning: () => Promise.reject(new Error('not in this test')),
                send: (uid, message) => this.sent.push({ uid, message }) > 0,
            },
            runtime: {
                log: async (uid) => `log of ${uid}`,
                listeningPorts: async () => [{ port: 5173, process: 'vite' }],
            },
            commands: {
                createWorkspace: ({ team, owner, body }) =>
                    this.addWorkspace(owner, { team, name: body.name, displayName: body.displayName }),
            },
            backup: async () => Readable.from([Buffer.from('backup')]),
            clock,
            logger,
            version: '0.1.0',
            portalUrl,
            contentDomain: CONTENT_DOMAIN,
            validateResponses: true,
            limits: { callsPerMinute: 100_000, signInsPerMinute: 1000 },
            ...this.options.deps,
        };
        this.app = await buildApp(this.deps);
        await this.app.ready();
    }

    /** Closes what is open; the folder stays for `open`. */
    async shut(): Promise<void> {
        await this.app.close();
        await this.auth.close();
        await this.audit.close();
        this.intents.close();
        await this.store.close();
        await this.database.close();
    }

    async close(): Promise<void> {
        await this.shut();
        rmSync(this.folder, { recursive: true, force: true });
    }

    async addTeam(name: string): Promise<void> {
        const spec = { displayName: name, members: [], quota: {}, memberQuota: {} };
        const metadata = { namespace: INSTALL_NAMESPACE, name };
        this.auth.rights.apply(
            await this.store.create({ kind: 'Team', metadata, spec, status: { observedGeneration: 0, conditions: [] } }),
        );
    }

    async addTemplate(name: string): Promise<void> {
        await this.store.create({
            kind: 'WorkspaceTemplate',
            metadata: { namespace: INSTALL_NAMESPACE, name },
            spec: {
                displayName: name,
                description: '',
                idleTimeoutMinutes: 30,
                keepAwakeCeilingMinutes: 600,
                memoryMiB: 2048,
                environment: {},
            },
            status: { observedGeneration: 0, conditions: [] },
        });
    }

    async addUser(name: string, options: { admin?: boolean; team?: string; role?: 'lead' | 'developer' } = {}): Promise<User> {
        const email = `${name}@example.com`;
        const { team, role } = options;
        return this.auth.people.create({ displayName: name, email, admin: options.admin ?? false, team, role });
    }

    async addWorkspace(owner: string, options: { team?: string; name?: string; displayName?: string } = {}): Promise<Workspace> {
        const name = options.name ?? `space-${++this.workspaces}`;
        const workspace = await this.store.create({
            kind: 'Workspace',
            metadata: { namespace: TEAM_NAMESPACE_PREFIX + (options.team ?? DEFAULT_TEAM), name },
            spec: { owner, displayName: options.displayName ?? name, templateRef: DEFAULT_TEMPLATE, operatingMode: 'Running' },
            status: { observedGeneration: 0, state: 'running', stages: [], prepared: true, restarts: 0, conditions: [] },
        });
        this.auth.rights.apply(workspace);
        return workspace;
    }

    async addGrant(workspace: Workspace, subject: string, options: Partial<AccessGrant['spec']> = {}): Promise<AccessGrant> {
        const { namespace, name } = workspace.metadata;
        const grant = await this.store.create({
            kind: 'AccessGrant',
            metadata: { namespace, name: `${name}-${subject}` },
            spec: {
                workspaceRef: name,
                subject,
                role: 'editor',
                run: false,
                reason: '',
                grantedBy: workspace.spec.owner,
                revoked: false,
                ...options,
            },
            status: { observedGeneration: 0, state: 'active', conditions: [] },
        });
        this.auth.rights.apply(grant);
        return grant;
    }

    /** A browser with a session. */
    async browser(user: string): Promise<Client & { sessionId: string }> {
        const { session, secret } = await this.auth.sessions.create({ user, method: 'password', userAgent: 'test', address: '127.0.0.1' });
        const requestSecret = this.secrets.mac('request-secret', session.id).toString('base64url');
        return {
            name: user,
            sessionId: session.id,
            headers: {
                cookie: `__Host-tandem-session=${secret}`,
                origin: this.deps.portalUrl.origin,
                [REQUEST_SECRET_HEADER]: requestSecret,
            },
        };
    }

    /** A script with a token. */
    async script(user: string, scope: 'read' | 'write' | 'admin'): Promise<Client & { tokenId: string }> {
        const expiresAtMs = this.clock.now() + 24 * 3_600_000;
        const { token, record } = await this.auth.tokens.create(user, { name: scope, scope, expiresAtMs });
        return { name: user, tokenId: record.id, headers: { authorization: `Bearer ${token}` } };
    }

    call(client: Client, id: OperationId, parts: CallParts = {}): Promise<LightMyRequestResponse> {
        const operation: Operation = operations[id];
        const url = operation.path.replace(/:([a-zA-Z]+)/g, (_, name: string) => encodeURIComponent(parts.params?.[name] ?? 'none'));
        return this.app.inject({
            method: operation.method,
            url,
            query: parts.query,
            headers: { ...client.headers, ...parts.headers },
            ...(parts.body === undefined ? {} : { payload: parts.body as object }),
        });
    }
}

/** Headers of a cookie that an answer sets, to be sent back. */
export function cookieOf(response: LightMyRequestResponse): string {
    return response.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
