import type { interfaces } from '@theia/core/shared/inversify';
import { WebviewEnvironment } from '@theia/plugin-ext/lib/main/browser/webview/webview-environment';
import { TandemWebviewEnvironment } from './tandem-webview-environment';

/** What makes the application Tandem: words, pictures, pages. */
export function bindProduct(bind: interfaces.Bind, rebind: interfaces.Rebind): void {
    rebind(WebviewEnvironment).to(TandemWebviewEnvironment).inSingletonScope();
}
