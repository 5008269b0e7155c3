import { createIpcEnv } from '@theia/core/lib/node/messaging/ipc-protocol';
import { BackendApplicationContribution } from '@theia/core/lib/node/backend-application';
import { inject, injectable, multiInject, optional } from '@theia/core/shared/inversify';
import { PluginHostEnvironmentVariable } from '@theia/plugin-ext/lib/common/plugin-protocol';
import { HostedPluginLocalizationService } from '@theia/plugin-ext/lib/hosted/node/hosted-plugin-localization-service';
import { HostedPluginProcessConfiguration } from '@theia/plugin-ext/lib/hosted/node/hosted-plugin-process';
import { fork, type ChildProcess } from 'node:child_process';

/** The next one is started when the page that took the last has loaded its extensions. */
const NEXT_AFTER_MS = 20_000;
/** Extensions are read first: a spare one must not slow the start that somebody waits for. */
const FIRST_AFTER_MS = 1_500;

interface Spare {
    readonly process: ChildProcess;
    readonly environment: string;
}

/**
 * Keeps one extension host started for the next page. Starting one takes half a second of processor time, just when the page
 * needs it itself; a member of a warm pool has done it before anybody comes.
 */
@injectable()
export class SpareExtensionHost implements BackendApplicationContribution {
    @inject(HostedPluginProcessConfiguration) protected readonly configuration: HostedPluginProcessConfiguration;
    @inject(HostedPluginLocalizationService) protected readonly localization: HostedPluginLocalizationService;
    @multiInject(PluginHostEnvironmentVariable) @optional() protected readonly variables: PluginHostEnvironmentVariable[] = [];

    private spare: Spare | undefined;
    private timer: NodeJS.Timeout | undefined;

    onStart(): void {
        this.startIn(FIRST_AFTER_MS);
    }

    onStop(): void {
        clearTimeout(this.timer);
        this.discard();
    }

    /** The environment that extension hosts start with now. */
    private environment(): NodeJS.ProcessEnv {
        const environment = createIpcEnv({ env: process.env });
        for (const name of Object.keys(environment).filter((key) => key.startsWith('HOSTED_PLUGIN'))) {
            delete environment[name];
        }
        environment['VSCODE_NLS_CONFIG'] = JSON.stringify(this.localization.getNlsConfig());
        this.variables.forEach((variable) => variable.process(environment));
        return environment;
    }

    /** A host that has the environment of now, if there is one; it is the caller's from then on. */
    take(): ChildProcess | undefined {
        this.startIn(NEXT_AFTER_MS);
        const { spare } = this;
        if (spare?.environment !== JSON.stringify(this.environment())) {
            this.discard();
            return undefined;
        }
        this.spare = undefined;
        spare.process.removeAllListeners('exit');
        return spare.process;
    }

    /** A new one: what extension hosts must know has changed. */
    renew(): void {
        if (this.spare && this.spare.environment !== JSON.stringify(this.environment())) {
            this.discard();
            this.start();
        }
    }

    private startIn(delayMs: number): void {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.start(), delayMs);
        this.timer.unref();
    }

    private start(): void {
        if (this.spare) {
            return;
        }
        const environment = this.environment();
        // As HostedPluginProcess does; the fifth pipe carries the messages.
        const started = fork(this.configuration.path, [], {
            env: environment,
            execArgv: [],
            stdio: ['pipe', 'pipe', 'pipe', 'ipc', 'overlapped'],
        });
        const spare = { process: started, environment: JSON.stringify(environment) };
        const gone = (): void => {
            if (this.spare === spare) {
                this.spare = undefined;
            }
        };
        started.once('exit', gone);
        started.once('error', gone);
        this.spare = spare;
    }

    private discard(): void {
        this.spare?.process.kill();
        this.spare = undefined;
    }
}
