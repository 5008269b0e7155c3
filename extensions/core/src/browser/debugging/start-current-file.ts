import { inject, injectable } from '@theia/core/shared/inversify';
import { DebugFrontendApplicationContribution } from '@theia/debug/lib/browser/debug-frontend-application-contribution';
import { DebugSessionOptions } from '@theia/debug/lib/browser/debug-session-options';
import { WorkspaceService } from '@theia/workspace/lib/browser/workspace-service';
import { defaultConfiguration } from './default-configurations';

const SAVE_DELAY_MS = 300;

/** F5 without a launch.json runs the file in front instead of opening a form. */
@injectable()
export class StartCurrentFile extends DebugFrontendApplicationContribution {
    @inject(WorkspaceService) protected readonly workspace: WorkspaceService;
    private saving: number | undefined;

    override async onStart(): Promise<void> {
        await super.onStart();
        void this.keepBreakpoints();
    }

    /** Breakpoints are kept as they change: browsers no longer tell a page that it is left, and a crash never did. */
    private async keepBreakpoints(): Promise<void> {
        // Not before they are loaded, or an empty list would be kept over the old one.
        await this.breakpointManager.load();
        const saveSoon = (): void => {
            window.clearTimeout(this.saving);
            this.saving = window.setTimeout(() => this.breakpointManager.save(), SAVE_DELAY_MS);
        };
        this.breakpointManager.onDidChangeMarkers(saveSoon);
        this.breakpointManager.onDidChangeFunctionBreakpoints(saveSoon);
    }

    override async start(noDebug?: boolean, options?: DebugSessionOptions): Promise<void> {
        if (!options && !this.configurations.current) {
            const editor = this.editorManager.currentEditor?.editor;
            const configuration = defaultConfiguration(editor?.document.languageId);
            if (editor && configuration) {
                const workspaceFolderUri = this.workspace.getWorkspaceRootUri(editor.uri)?.toString();
                await this.manager.start({ name: configuration.name, configuration: { ...configuration, noDebug }, workspaceFolderUri });
                return;
            }
        }
        await super.start(noDebug, options);
    }
}
