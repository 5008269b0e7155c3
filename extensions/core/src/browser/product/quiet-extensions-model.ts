import { nls } from '@theia/core/lib/common/nls';
import { injectable } from '@theia/core/shared/inversify';
import { VSXExtensionsModel } from '@theia/vsx-registry/lib/browser/vsx-extensions-model';

/** Without a network the extensions view says so in one sentence, without the names of system calls. */
@injectable()
export class QuietExtensionsModel extends VSXExtensionsModel {
    override get searchError(): string | undefined {
        return (
            this._searchError &&
            nls.localize(
                'tandem/core/registryUnreachable',
                'The marketplace cannot be reached. Installed extensions work as before, and a .vsix file can be installed.',
            )
        );
    }
}
