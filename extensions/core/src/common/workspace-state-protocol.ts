import type { RpcServer } from '@theia/core/lib/common/messaging/proxy-factory';

export const WORKSPACE_STATE_PATH = '/services/tandem/workspace-state';

/** What keeps the workspace awake and when it will stop. */
export interface IdleState {
    /** In one sentence, for people. */
    sentence: string;
    hibernatesAt?: string;
    /** It is soon: ask whoever is here. */
    warn: boolean;
}

export interface PageActivity {
    /** A key or pointer was used since the last report. */
    input: boolean;
    debugging: boolean;
}

export const WorkspaceStateServer = Symbol('WorkspaceStateServer');
/** Between a page and the workspace's agent. */
export interface WorkspaceStateServer extends RpcServer<WorkspaceStateClient> {
    reportActivity(activity: PageActivity): Promise<void>;
    /** @returns false when the platform cannot be reached right now */
    keepAwake(minutes: number): Promise<boolean>;
    getIdleState(): Promise<IdleState | undefined>;
}

export interface WorkspaceStateClient {
    onDidChangeIdleState(state: IdleState): void;
    onNotify(severity: 'info' | 'warning' | 'error', text: string): void;
    /** Saves all editors with unsaved text. */
    saveAll(): Promise<void>;
}
