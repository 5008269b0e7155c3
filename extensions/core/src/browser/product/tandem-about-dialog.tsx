import { AboutDialog } from '@theia/core/lib/browser/about-dialog';
import { nls } from '@theia/core/lib/common/nls';
import * as React from '@theia/core/shared/react';
import { inject, injectable } from '@theia/core/shared/inversify';
import type { BootData } from '../../common/boot-data';
import { BootDataToken } from '../boot/boot-services';

/** Name, version and what it is made of. */
@injectable()
export class TandemAboutDialog extends AboutDialog {
    @inject(BootDataToken) protected readonly boot: BootData;

    protected override renderHeader(): React.ReactNode {
        return (
            <div className="tandem-about">
                <h3>{`Tandem ${this.boot.version}`}</h3>
                <p>{nls.localize('tandem/core/build', 'Build {0}', this.boot.build)}</p>
                <p>
                    {nls.localize(
                        'tandem/core/madeWith',
                        'Made with Eclipse Theia and the extensions of VS Code. Licensed under Apache-2.0.',
                    )}
                </p>
            </div>
        );
    }

    /** What it is built from stands in the notices; a list of packages tells a person nothing. */
    protected override renderExtensions(): React.ReactNode {
        return undefined;
    }
}
