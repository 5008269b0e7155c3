import { inject, injectable, postConstruct } from '@theia/core/shared/inversify';
import { HostedPluginProcess } from '@theia/plugin-ext/lib/hosted/node/hosted-plugin-process';
import type { IPCConnectionOptions } from '@theia/core/lib/node/messaging/ipc-connection-provider';
import type { ChildProcess } from 'node:child_process';
import { SpareExtensionHost } from './spare-extension-host';

/** What the class keeps to itself; a spare host must be treated the very same way. */
interface Internals {
    fork(options: IPCConnectionOptions): ChildProcess;
    onChildProcessExit(serverName: string, pid: number, code: number, signal: string): void;
    onChildProcessError(error: Error): void;
}

/** The extension host of a page: the spare one when there is one. */
@injectable()
export class ExtensionHostProcess extends HostedPluginProcess {
    @inject(SpareExtensionHost) protected readonly spare: SpareExtensionHost;

    @postConstruct()
    protected preferSpare(): void {
        const internals = this as unknown as Internals;
        const startOwn = internals.fork.bind(this);
        internals.fork = (options) => {
            const inspected = process.argv.some((argument) => argument.startsWith(`--${options.serverName}-inspect`));
            const special = inspected || this.cli.extensionTestsPath !== undefined || this.navigatorState.supportNodeGlobalNavigator;
            const host = special ? undefined : this.spare.take();
            return host ? this.adopt(host, options, internals) : startOwn(options);
        };
    }

    private adopt(host: ChildProcess, { serverName }: IPCConnectionOptions, internals: Internals): ChildProcess {
        const pid = host.pid ?? 0;
        host.stdout?.on('data', (data: Buffer) => void this.logger.info(`[${serverName}: ${pid}] ${data.toString().trim()}`));
        host.stderr?.on('data', (data: Buffer) => void this.logger.error(`[${serverName}: ${pid}] ${data.toString().trim()}`));
        host.once('exit', (code, signal) => internals.onChildProcessExit(serverName, pid, code ?? 0, signal ?? ''));
        host.on('error', (error) => internals.onChildProcessError(error));
        return host;
    }
}
