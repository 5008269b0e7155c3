import { inject, injectable } from '@theia/core/shared/inversify';
import { DebugFrontendApplicationContribution } from '@theia/debug/lib/browser/debug-frontend-application-contribution';
import { DebugSessionOptions } from '@theia/debug/lib/browser/debug-session-options';
import { WorkspaceService } from '@theia/workspace/lib/browser/workspace-service';
import { defaultConfiguration } from './default-configurations';

/** F5 without a launch.json runs the file in front instead of opening a form. */
@injectable()
export class StartCurrentFile extends DebugFrontendApplicationContribution {
    @inject(WorkspaceService) protected readonly workspace: WorkspaceService;

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
