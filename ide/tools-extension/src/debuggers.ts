import { spawn } from 'node:child_process';
import * as vscode from 'vscode';
import { findExecutable, starts } from './executables';
import { pythonOf } from './python';

const DELVE_START_TIMEOUT_MS = 15_000;
const LLDB_NAMES = [
    'lldb-dap',
    ...[22, 21, 20, 19, 18].map((version) => `lldb-dap-${version}`),
    'lldb-vscode',
    ...[17, 16, 15, 14].map((version) => `lldb-vscode-${version}`),
];

interface Debugger {
    /** Types in launch.json. */
    readonly types: readonly string[];
    readonly languages: readonly string[];
    readonly missing: string;
    /** @returns the program of the adapter, `undefined` when it is not installed. */
    locate(folder: vscode.Uri | undefined, configuration: vscode.DebugConfiguration): Promise<string | undefined>;
    /** Launches the file or program that a person most likely means when there is no launch.json. */
    defaults(document: vscode.TextDocument | undefined): Partial<vscode.DebugConfiguration>;
    descriptor(program: string, session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor>;
}

const setting = (name: string): string => vscode.workspace.getConfiguration('tandem.tools').get<string>(name, '');

/** Starts `dlv dap` on a free port and waits for the line that names it. */
function startDelve(
    program: string,
    session: vscode.DebugSession,
    onProcess: (stop: () => void) => void,
): Promise<vscode.DebugAdapterServer> {
    return new Promise((resolve, reject) => {
        const cwd = (session.configuration['cwd'] as string | undefined) ?? session.workspaceFolder?.uri.fsPath;
        const child = spawn(program, ['dap', '--listen=127.0.0.1:0'], { cwd, env: process.env });
        onProcess(() => child.kill());
        let output = '';
        const timer = setTimeout(
            () => reject(new Error(`dlv did not say within ${DELVE_START_TIMEOUT_MS / 1000} s where it listens.`)),
            DELVE_START_TIMEOUT_MS,
        );
        const read = (chunk: Buffer): void => {
            output += chunk.toString();
            const port = /listening at: 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
            if (port) {
                clearTimeout(timer);
                resolve(new vscode.DebugAdapterServer(Number(port), '127.0.0.1'));
            }
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.once('error', reject);
    });
}

const delves = new Map<string, () => void>();

const DEBUGGERS: readonly Debugger[] = [
    {
        types: ['debugpy', 'python'],
        languages: ['python'],
        missing: 'Install debugpy to debug Python, for example with: python3 -m pip install debugpy',
        locate: async (folder, configuration) => {
            const python = (configuration['python'] as string | undefined) ?? (await pythonOf(folder));
            return (await starts(python, ['-c', 'import debugpy.adapter'])) ? python : undefined;
        },
        defaults: (document) => ({ program: document?.fileName ?? '${file}', console: 'internalConsole' }),
        descriptor: async (program) => new vscode.DebugAdapterExecutable(program, ['-m', 'debugpy.adapter']),
    },
    {
        types: ['go'],
        languages: ['go'],
        missing: 'Install Delve to debug Go: go install github.com/go-delve/delve/cmd/dlv@latest',
        locate: () => findExecutable(setting('delve.path'), ['dlv'], ['version']),
        defaults: (document) => ({ mode: document?.fileName.endsWith('_test.go') ? 'test' : 'debug', program: '${fileDirname}' }),
        descriptor: (program, session) => startDelve(program, session, (stop) => delves.set(session.id, stop)),
    },
    {
        types: ['lldb', 'lldb-dap'],
        languages: ['c', 'cpp', 'rust'],
        missing: 'Install LLDB to debug C, C++ and Rust, for example with: sudo apt-get install lldb',
        locate: () => findExecutable(setting('lldb.path'), LLDB_NAMES, ['--help']),
        defaults: () => ({ program: '${workspaceFolder}/a.out', cwd: '${workspaceFolder}' }),
        descriptor: async (program) => new vscode.DebugAdapterExecutable(program, []),
    },
];

class ConfigurationProvider implements vscode.DebugConfigurationProvider {
    constructor(
        private readonly type: string,
        private readonly debugging: Debugger,
    ) {}

    provideDebugConfigurations(): vscode.DebugConfiguration[] {
        return [{ type: this.type, request: 'launch', name: 'Debug', ...this.debugging.defaults(undefined) }];
    }

    async resolveDebugConfiguration(
        folder: vscode.WorkspaceFolder | undefined,
        configuration: vscode.DebugConfiguration,
    ): Promise<vscode.DebugConfiguration | undefined> {
        if (!configuration.type && !configuration.request && !configuration.name) {
            const document = vscode.window.activeTextEditor?.document;
            if (!document || !this.debugging.languages.includes(document.languageId)) {
                return undefined;
            }
            Object.assign(configuration, { type: this.type, request: 'launch', name: 'Debug', ...this.debugging.defaults(document) });
        }
        if (!(await this.debugging.locate(folder?.uri, configuration))) {
            void vscode.window.showInformationMessage(this.debugging.missing);
            return undefined;
        }
        return configuration;
    }
}

/** Node listens on 127.0.0.1; where `localhost` is ::1 first, the debugger would try that for ever. */
const attachToLoopback: vscode.DebugConfigurationProvider = {
    resolveDebugConfigurationWithSubstitutedVariables: (_folder, configuration) => {
        const address = (configuration['address'] as string | undefined) ?? 'localhost';
        return configuration.request === 'attach' && address === 'localhost' ? { ...configuration, address: '127.0.0.1' } : configuration;
    },
};

/** Connects the debuggers of Python, Go, C, C++ and Rust when their adapters are installed. */
export function registerDebuggers(context: vscode.ExtensionContext): void {
    for (const debugging of DEBUGGERS) {
        for (const type of debugging.types) {
            context.subscriptions.push(
                vscode.debug.registerDebugConfigurationProvider(type, new ConfigurationProvider(type, debugging)),
                vscode.debug.registerDebugAdapterDescriptorFactory(type, {
                    createDebugAdapterDescriptor: async (session) => {
                        const program = await debugging.locate(session.workspaceFolder?.uri, session.configuration);
                        return program ? debugging.descriptor(program, session) : undefined;
                    },
                }),
            );
        }
    }
    context.subscriptions.push(
        ...['node', 'pwa-node'].map((type) => vscode.debug.registerDebugConfigurationProvider(type, attachToLoopback)),
        vscode.debug.onDidTerminateDebugSession((session) => {
            delves.get(session.id)?.();
            delves.delete(session.id);
        }),
    );
}
