import { inject, injectable } from '@theia/core/shared/inversify';
import { WebviewEnvironment } from '@theia/plugin-ext/lib/main/browser/webview/webview-environment';
import type { BootData } from '../../common/boot-data';
import { BootDataToken } from '../boot/boot-services';

/**
 * Webviews live on hosts `wv-<uuid>-<workspace>.<content domain>`. A wildcard in the middle of a host is no source that a content
 * security policy allows, so the policy names the whole content domain.
 */
@injectable()
export class TandemWebviewEnvironment extends WebviewEnvironment {
    @inject(BootDataToken) protected readonly boot: BootData;

    override async cspSource(): Promise<string> {
        if (!this.boot.contentDomain) {
            return super.cspSource();
        }
        return `'self' ${window.location.protocol}//*.${this.boot.contentDomain}`;
    }
}
