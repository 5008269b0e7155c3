import type { DisposableCollection } from '@theia/core';
import { injectable, inject } from '@theia/core/shared/inversify';
import type { FileSystemProviderActivationEvent } from '@theia/filesystem/lib/browser/file-service';
import { HostedPluginSupport } from '@theia/plugin-ext/lib/hosted/browser/hosted-plugin';
import { StartupGate } from './startup-gate';

/** Schemes that the application serves itself; no extension has to be asked for them. */
const OWN_SCHEMES = new Set(['file', 'user-storage', 'untitled', 'memory', 'inmemory', 'output', 'vscode']);

/** Loads extensions after the first editor instead of before it. */
@injectable()
export class DeferredPlugins extends HostedPluginSupport {
    @inject(StartupGate) protected readonly gate: StartupGate;

    protected override async beforeSyncPlugins(toDisconnect: DisposableCollection): Promise<void> {
        await super.beforeSyncPlugins(toDisconnect);
        await this.gate.opened;
    }

    protected override ensureFileSystemActivation(event: FileSystemProviderActivationEvent): void {
        if (!OWN_SCHEMES.has(event.scheme)) {
            super.ensureFileSystemActivation(event);
        }
    }
}
