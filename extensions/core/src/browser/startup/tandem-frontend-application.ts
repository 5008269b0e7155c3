import { FrontendApplication } from '@theia/core/lib/browser';
import { injectable } from '@theia/core/shared/inversify';

/** Shows the workbench the moment it is laid out; stock Theia fades it in for 0.8 s. */
@injectable()
export class TandemFrontendApplication extends FrontendApplication {
    protected override async revealShell(host: HTMLElement): Promise<void> {
        this.getStartupIndicator(host)?.remove();
    }
}
