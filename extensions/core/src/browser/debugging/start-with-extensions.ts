import type { FrontendApplicationContribution } from '@theia/core/lib/browser';
import { inject, injectable } from '@theia/core/shared/inversify';
import { DebugSessionManager } from '@theia/debug/lib/browser/debug-session-manager';
import { HostedPluginSupport } from '@theia/plugin-ext/lib/hosted/browser/hosted-plugin';

/** Debugging that is asked for while extensions are still being started begins when they are, instead of failing. */
@injectable()
export class StartWithExtensions implements FrontendApplicationContribution {
    @inject(DebugSessionManager) protected readonly sessions: DebugSessionManager;
    @inject(HostedPluginSupport) protected readonly extensions: HostedPluginSupport;

    onStart(): void {
        this.sessions.onWillStartDebugSession((event) => event.waitUntil(this.extensions.didStart));
    }
}
