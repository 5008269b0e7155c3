import { PreferenceConfigurations } from '@theia/core/lib/common/preferences/preference-configurations';
import { injectable } from '@theia/core/shared/inversify';

/** Settings, tasks and launch configurations of a project are kept where VS Code keeps them, so that a team shares them. */
@injectable()
export class FamiliarConfigurations extends PreferenceConfigurations {
    override getPaths(): string[] {
        return ['.vscode', '.theia'];
    }
}
