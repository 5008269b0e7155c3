import { CommonCommands } from '@theia/core/lib/browser/common-commands';
import { ContextKeyService } from '@theia/core/lib/browser/context-key-service';
import { FrontendApplicationContribution } from '@theia/core/lib/browser/frontend-application-contribution';
import { RemoteConnectionProvider, type ServiceConnectionProvider } from '@theia/core/lib/browser/messaging/service-connection-provider';
import { StatusBar, StatusBarAlignment } from '@theia/core/lib/browser/status-bar/status-bar-types';
import { CommandContribution, CommandRegistry, type Command } from '@theia/core/lib/common/command';
import { MessageService } from '@theia/core/lib/common/message-service';
import { nls } from '@theia/core/lib/common/nls';
import { inject, injectable, type interfaces } from '@theia/core/shared/inversify';
import {
    WORKSPACE_STATE_PATH,
    WorkspaceStateServer,
    type IdleState,
    type WorkspaceStateClient,
} from '../../common/workspace-state-protocol';
import { ActivityReporter } from './activity-reporter';

const STATUS_ITEM = 'tandem-workspace-state';
const KEEP_AWAKE_MINUTES = 60;
const INPUT_EVENTS = ['keydown', 'pointerdown', 'wheel'] as const;

export const KEEP_AWAKE: Command = {
    id: 'tandem.keepAwake',
    category: 'Tandem',
    label: nls.localize('tandem/core/keepAwakeOneHour', 'Keep Awake for 1 Hour'),
};

@injectable()
export class WorkspaceStateClientImpl implements WorkspaceStateClient {
    onIdle: (state: IdleState) => void = () => undefined;
    notify: WorkspaceStateClient['onNotify'] = () => undefined;
    save: () => Promise<void> = async () => undefined;

    onDidChangeIdleState(state: IdleState): void {
        this.onIdle(state);
    }

    onNotify(severity: 'info' | 'warning' | 'error', text: string): void {
        this.notify(severity, text);
    }

    saveAll(): Promise<void> {
        return this.save();
    }
}

/** Says in the status bar what keeps the workspace awake, warns before it stops, and tells it that somebody is here. */
@injectable()
export class WorkspaceStateContribution implements FrontendApplicationContribution, CommandContribution {
    @inject(WorkspaceStateServer) protected readonly server: WorkspaceStateServer;
    @inject(WorkspaceStateClientImpl) protected readonly client: WorkspaceStateClientImpl;
    @inject(StatusBar) protected readonly statusBar: StatusBar;
    @inject(MessageService) protected readonly messages: MessageService;
    @inject(CommandRegistry) protected readonly commands: CommandRegistry;
    @inject(ContextKeyService) protected readonly contextKeys: ContextKeyService;

    protected warnedFor: string | undefined;

    registerCommands(commands: CommandRegistry): void {
        commands.registerCommand(KEEP_AWAKE, { execute: () => this.keepAwake() });
    }

    onStart(): void {
        this.client.onIdle = (state) => this.show(state);
        this.client.notify = (severity, text) => void this.messages[severity === 'warning' ? 'warn' : severity](text);
        this.client.save = async () => {
            await this.commands.executeCommand(CommonCommands.SAVE_ALL.id);
        };
        this.reportActivity();
        // After what the person waits for.
        window.setTimeout(() => void this.server.getIdleState().then((state) => state && this.show(state)), 1_000);
    }

    protected reportActivity(): void {
        const reporter = new ActivityReporter({
            now: () => Date.now(),
            report: (activity) => void this.server.reportActivity(activity).catch(() => undefined),
        });
        for (const event of INPUT_EVENTS) {
            window.addEventListener(event, () => reporter.noteInput(), { capture: true, passive: true });
        }
        const inDebugMode = new Set(['inDebugMode']);
        this.contextKeys.onDidChange((change) => {
            if (change.affects(inDebugMode)) {
                reporter.noteDebugging(this.contextKeys.match('inDebugMode'));
            }
        });
    }

    protected show(state: IdleState): void {
        void this.statusBar.setElement(STATUS_ITEM, {
            text: state.warn ? `$(warning) ${state.sentence}` : '$(coffee)',
            tooltip: `${state.sentence}\n\n${nls.localize('tandem/core/keepAwakeHint', 'Select to keep this workspace awake for 1 hour.')}`,
            alignment: StatusBarAlignment.RIGHT,
            priority: 10,
            command: KEEP_AWAKE.id,
            accessibilityInformation: { label: state.sentence },
            ...(state.warn
                ? { backgroundColor: 'var(--theia-statusBarItem-warningBackground)', color: 'var(--theia-statusBarItem-warningForeground)' }
                : {}),
        });
        if (state.warn && this.warnedFor !== state.hibernatesAt) {
            this.warnedFor = state.hibernatesAt;
            void this.warn(state);
        }
    }

    protected async warn(state: IdleState): Promise<void> {
        const keep = nls.localize('tandem/core/keepAwake', 'Keep awake 1 hour');
        if ((await this.messages.warn(state.sentence, keep)) === keep) {
            await this.keepAwake();
        }
    }

    protected async keepAwake(): Promise<void> {
        if (!(await this.server.keepAwake(KEEP_AWAKE_MINUTES))) {
            void this.messages.error(
                nls.localize('tandem/core/keepAwakeFailed', 'The platform cannot be reached right now. Try again in a moment.'),
            );
        }
    }
}

/** Binds the status item, the warning and the activity reports. */
export function bindWorkspaceState(bind: interfaces.Bind): void {
    bind(WorkspaceStateClientImpl).toSelf().inSingletonScope();
    bind(WorkspaceStateServer)
        .toDynamicValue(({ container }) => {
            const connection = container.get<ServiceConnectionProvider>(RemoteConnectionProvider);
            return connection.createProxy<WorkspaceStateServer>(WORKSPACE_STATE_PATH, container.get<object>(WorkspaceStateClientImpl));
        })
        .inSingletonScope();
    bind(WorkspaceStateContribution).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(WorkspaceStateContribution);
    bind(CommandContribution).toService(WorkspaceStateContribution);
}
