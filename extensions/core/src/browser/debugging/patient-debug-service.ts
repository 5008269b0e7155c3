import { Emitter } from '@theia/core/lib/common/event';
import type { Disposable } from '@theia/core/lib/common/disposable';
import { injectable } from '@theia/core/shared/inversify';
import type { DebugConfiguration } from '@theia/debug/lib/common/debug-configuration';
import { PluginDebugService } from '@theia/plugin-ext/lib/main/browser/debug/plugin-debug-service';
import type { PluginDebugAdapterContribution } from '@theia/plugin-ext/lib/main/browser/debug/plugin-debug-adapter-contribution';

const REGISTRATION_TIMEOUT_MS = 10_000;

/** A debugger that an extension declares is waited for: its adapter is registered over several messages. */
@injectable()
export class PatientDebugService extends PluginDebugService {
    protected readonly onDidRegisterAdapterEmitter = new Emitter<string>();

    override registerDebugAdapterContribution(contribution: PluginDebugAdapterContribution): Disposable {
        const disposable = super.registerDebugAdapterContribution(contribution);
        this.onDidRegisterAdapterEmitter.fire(contribution.type);
        return disposable;
    }

    override async createDebugSession(configuration: DebugConfiguration, workspaceFolder: string | undefined): Promise<string> {
        await this.adapterOf(configuration.type);
        return super.createDebugSession(configuration, workspaceFolder);
    }

    protected adapterOf(type: string): Promise<void> {
        if (this.contributors.has(type) || !this.debuggers.some((known) => known.type === type)) {
            return Promise.resolve();
        }
        return new Promise((resolve) => {
            const settle = (): void => {
                clearTimeout(timer);
                registered.dispose();
                resolve();
            };
            const timer = setTimeout(settle, REGISTRATION_TIMEOUT_MS);
            const registered = this.onDidRegisterAdapterEmitter.event((ready) => ready === type && settle());
        });
    }
}
