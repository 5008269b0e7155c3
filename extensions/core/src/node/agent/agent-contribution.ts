import { ConnectionHandler, RpcConnectionHandler, type RpcProxy } from '@theia/core/lib/common/messaging';
import { BackendApplicationContribution, BackendApplicationPath, EarlyExpressMiddleware } from '@theia/core/lib/node/backend-application';
import { MessagingListenerContribution } from '@theia/core/lib/node/messaging/messaging-listeners';
import { WebsocketFrontendConnectionService } from '@theia/core/lib/node/messaging/websocket-frontend-connection-service';
import { WsRequestValidatorContribution } from '@theia/core/lib/node/ws-request-validators';
import { ConnectionManagementMessages } from '@theia/core/lib/common/messaging/connection-management';
import { inject, injectable, optional, type interfaces } from '@theia/core/shared/inversify';
import { TaskManager } from '@theia/task/lib/node/task-manager';
import type { IncomingMessage, Server } from 'node:http';
import path from 'node:path';
import type { IdentityClaims } from '@tandem/protocol';
import type { Socket } from 'socket.io';
import {
    WORKSPACE_STATE_PATH,
    type IdleState,
    type PageActivity,
    type WorkspaceStateClient,
    type WorkspaceStateServer,
} from '../../common/workspace-state-protocol';
import { SpareExtensionHost } from '../extension-host/spare-extension-host';
import { hidePrivateEnvironment, readAgentEnvironment } from './agent-environment';
import { readJson } from './claim-store';
import { CollabAccess } from './collab-tokens';
import { FrontendOwners } from './frontend-owners';
import { IdentityGuard, identityOf } from './identity-guard';
import { watchVolume } from './volume-watch';
import { WorkspaceAgent, type AgentHost } from './workspace-agent';

/** Theia closes backends after this; saving must be done before. */
const SAVE_ON_SIGNAL_MS = 3_000;

/**
 * Puts the workspace's agent into Theia's backend: the identity guard before every listener, the control socket, and
 * what pages and agent tell each other. Without `TANDEM_WORKSPACE_UID` (a developer's own start) it does nothing.
 */
@injectable()
export class AgentContribution
    implements BackendApplicationContribution, WsRequestValidatorContribution, MessagingListenerContribution, AgentHost, CollabAccess
{
    @inject(EarlyExpressMiddleware) protected readonly early: EarlyExpressMiddleware;
    @inject(WebsocketFrontendConnectionService) protected readonly connections: WebsocketFrontendConnectionService;
    @inject(TaskManager) @optional() protected readonly tasks: TaskManager | undefined;

    @inject(SpareExtensionHost) protected readonly spareHost: SpareExtensionHost;

    readonly environment = process.env;
    version = '';
    protected readonly settings = readAgentEnvironment(process.env);
    protected readonly owners = new FrontendOwners();
    protected readonly pages = new Set<RpcProxy<WorkspaceStateClient>>();
    protected agent: WorkspaceAgent | undefined;
    protected guard: IdentityGuard | undefined;
    protected saving: Promise<void> | undefined;

    async initialize(): Promise<void> {
        const { requireIdentity, workspaceUid } = this.settings;
        if (requireIdentity) {
            // First of all and before any wait: until the keys are there, every request waits for them or is refused.
            this.early.handlers.unshift((request, response, next) => {
                void this.admit(request, response).then((admitted) => admitted && next());
            });
        }
        if (workspaceUid === undefined) {
            return;
        }
        const agent = new WorkspaceAgent(this.settings, this, { connections: () => this.guard?.connections ?? 0 });
        this.guard = new IdentityGuard(agent.verifier, (request, socket, head) => agent.channel.accept(request, socket, head));
        const manifest = path.join(BackendApplicationPath, 'lib', 'frontend', 'manifest.json');
        const [read] = await Promise.all([readJson<{ version: string }>(manifest).catch(() => undefined), agent.start()]);
        this.version = (read?.version ?? 'development').slice(0, 32);
        this.agent = agent;
        watchVolume(this.settings.home, () => {
            console.error('The files of this workspace are gone: it ends.');
            process.exit(1);
        });
    }

    onStart(server: Server): void {
        if (this.settings.requireIdentity) {
            if (this.guard === undefined) {
                throw new Error('TANDEM_REQUIRE_IDENTITY is set without TANDEM_WORKSPACE_UID: nobody could be let in.');
            }
            this.guard.protect(server);
        }
        hidePrivateEnvironment(process.env);
    }

    async onStop(): Promise<void> {
        await this.saveAll(SAVE_ON_SIGNAL_MS);
        await this.agent?.dispose();
    }

    /** Theia asks for every handshake; by then the guard has put the identity on the request. */
    allowWsUpgrade(request: IncomingMessage): boolean {
        return !this.settings.requireIdentity || identityOf(request) !== undefined;
    }

    /** A page says its frontend id in its first message: it must be theirs. */
    onDidWebSocketUpgrade(request: IncomingMessage, socket: Socket): void {
        const claims = identityOf(request);
        if (claims === undefined) {
            return;
        }
        socket.use(([event, frontendId], next) => {
            const connects = event === ConnectionManagementMessages.INITIAL_CONNECT || event === ConnectionManagementMessages.RECONNECT;
            if (connects && !this.owners.claim(String(frontendId), claims)) {
                next(new Error('This connection belongs to somebody else.'));
                socket.disconnect(true);
                return;
            }
            next();
        });
    }

    /** One per page. */
    createServer(page: RpcProxy<WorkspaceStateClient>): WorkspaceStateServer {
        this.pages.add(page);
        page.onDidCloseConnection(() => {
            this.pages.delete(page);
            this.agent?.activity.noteDebugging(page, false);
        });
        return {
            reportActivity: async ({ input, debugging }: PageActivity) => {
                if (input) {
                    this.agent?.activity.noteInput();
                }
                this.agent?.activity.noteDebugging(page, debugging);
            },
            keepAwake: async (minutes: number) => this.agent?.keepAwake(minutes) ?? false,
            getIdleState: async () => this.agent?.idle,
            setClient: () => undefined,
            dispose: () => undefined,
        };
    }

    environmentChanged(): void {
        this.spareHost.renew();
    }

    /** Where the workspace's peer gets its tokens. @throws Error without a controller */
    async request(): Promise<{ url: string; token: string }> {
        if (this.agent === undefined) {
            throw new Error('This workspace was started without a controller.');
        }
        return this.agent.collabTokens.request();
    }

    taskRunning(): boolean {
        return (this.tasks?.getTasks()?.length ?? 0) > 0;
    }

    notify(severity: 'info' | 'warning' | 'error', text: string): void {
        for (const page of this.pages) {
            page.onNotify(severity, text);
        }
    }

    showIdle(state: IdleState): void {
        for (const page of this.pages) {
            page.onDidChangeIdleState(state);
        }
    }

    saveAll(timeoutMs: number): Promise<void> {
        // A stop over the control socket and the signal that follows it ask once.
        this.saving ??= this.savePages(timeoutMs);
        return this.saving;
    }

    private async savePages(timeoutMs: number): Promise<void> {
        // Connections outlive their sockets, so that a page can come back; one that is away cannot save.
        if (this.guard?.connections === 0) {
            return;
        }
        const saved = Promise.allSettled([...this.pages].map((page) => page.saveAll()));
        let timer: NodeJS.Timeout | undefined;
        await Promise.race([saved, new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)))]);
        clearTimeout(timer);
    }

    closeConnections(matches: (claims: IdentityClaims) => boolean): void {
        for (const frontendId of this.owners.matching(matches)) {
            const service = this.connections;
            if (service['connectionsByFrontend'].has(frontendId)) {
                service['closeConnection'](frontendId, 'revoked');
            }
        }
        this.guard?.revoke(matches);
    }

    end(): void {
        // Theia ends with 1 on a signal; an end that was asked for is none to restart after.
        process.once('exit', () => (process.exitCode = 0));
        process.kill(process.pid, 'SIGTERM');
    }

    log(text: string): void {
        console.info(`[tandem] ${text}`);
    }

    protected async admit(request: IncomingMessage, response: Parameters<IdentityGuard['admitRequest']>[1]): Promise<boolean> {
        if (this.guard === undefined) {
            response.writeHead(503).end();
            return false;
        }
        return this.guard.admitRequest(request, response);
    }
}

/** Binds the workspace's agent. */
export function bindWorkspaceAgent(bind: interfaces.Bind): void {
    bind(AgentContribution).toSelf().inSingletonScope();
    for (const service of [BackendApplicationContribution, WsRequestValidatorContribution, MessagingListenerContribution]) {
        bind(service).toService(AgentContribution);
    }
    bind(CollabAccess).toService(AgentContribution);
    bind(ConnectionHandler)
        .toDynamicValue(({ container }) => {
            const agent = container.get(AgentContribution);
            return new RpcConnectionHandler<WorkspaceStateClient>(WORKSPACE_STATE_PATH, (page) => agent.createServer(page));
        })
        .inSingletonScope();
}
