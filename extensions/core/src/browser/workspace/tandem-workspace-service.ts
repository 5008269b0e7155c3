import { inject, injectable } from '@theia/core/shared/inversify';
import URI from '@theia/core/lib/common/uri';
import { WorkspaceService } from '@theia/workspace/lib/browser/workspace-service';
import type { BootData } from '../../common/boot-data';
import { BootDataToken } from '../boot/boot-services';

/** Opens the project of the workspace, which the page knows, and keeps its path out of the address. */
@injectable()
export class TandemWorkspaceService extends WorkspaceService {
    @inject(BootDataToken) protected readonly boot: BootData;

    protected override async doGetDefaultWorkspaceUri(): Promise<string | undefined> {
        if (window.location.hash.length <= 1 && this.boot.workspaceUri) {
            return this.boot.workspaceUri;
        }
        return super.doGetDefaultWorkspaceUri();
    }

    /** Addresses are shared and bookmarked; the path of a folder on some machine has no place in them. */
    protected override setURLFragment(workspacePath: string): void {
        const isProject = this.boot.workspaceUri !== undefined && new URI(this.boot.workspaceUri).path.toString() === workspacePath;
        if (!isProject) {
            super.setURLFragment(workspacePath);
        } else if (window.location.hash) {
            window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
        }
    }
}
