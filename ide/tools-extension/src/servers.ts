import * as path from 'node:path';
import * as vscode from 'vscode';
import { findExecutable } from './executables';

/** How a language server is started: a script that ships with the IDE, or a program of the person's toolchain. */
export interface ServerCommand {
    readonly command: string;
    readonly args: readonly string[];
}

export interface ServerDescription {
    readonly id: string;
    readonly name: string;
    /** Language identifiers. */
    readonly languages: readonly string[];
    /** What is said when the server cannot be found; bundled servers have none. */
    readonly missing?: string;
    /** @returns the command, `undefined` when the program is not installed. */
    locate(context: vscode.ExtensionContext): Promise<ServerCommand | undefined>;
    /** @returns whether the server is wanted in this workspace. */
    wanted?(): Promise<boolean>;
}

function bundled(script: string, args: readonly string[] = ['--stdio']) {
    return async (context: vscode.ExtensionContext): Promise<ServerCommand> => ({
        command: process.execPath,
        args: [path.join(context.extensionPath, 'servers', script), ...args],
    });
}

function installed(setting: string, names: readonly string[], check: readonly string[], args: readonly string[] = []) {
    return async (): Promise<ServerCommand | undefined> => {
        const configured = vscode.workspace.getConfiguration('tandem.tools').get<string>(setting, '');
        const command = await findExecutable(configured, names, check);
        return command ? { command, args } : undefined;
    };
}

const ESLINT_CONFIGURATIONS = '**/{eslint.config.js,eslint.config.mjs,eslint.config.cjs,eslint.config.ts,.eslintrc,.eslintrc.*}';

export const SERVERS: readonly ServerDescription[] = [
    { id: 'pyright', name: 'Python', languages: ['python'], locate: bundled('pyright/langserver.index.js') },
    { id: 'yaml', name: 'YAML', languages: ['yaml', 'dockercompose'], locate: bundled('yaml/server.js') },
    { id: 'bash', name: 'Bash', languages: ['shellscript'], locate: bundled('bash/server.js', ['start']) },
    { id: 'dockerfile', name: 'Dockerfile', languages: ['dockerfile'], locate: bundled('dockerfile/server.js') },
    {
        id: 'eslint',
        name: 'ESLint',
        languages: ['javascript', 'javascriptreact', 'typescript', 'typescriptreact'],
        locate: bundled('eslint/server.js'),
        wanted: async () =>
            vscode.workspace.getConfiguration('tandem.tools').get('eslint.enable', true) &&
            (await vscode.workspace.findFiles(ESLINT_CONFIGURATIONS, '**/node_modules/**', 1)).length > 0,
    },
    {
        id: 'clangd',
        name: 'C and C++',
        languages: ['c', 'cpp', 'objective-c', 'objective-cpp'],
        missing: 'Install clangd for completion and problems in C and C++, for example with: sudo apt-get install clangd',
        locate: installed(
            'clangd.path',
            ['clangd', ...[22, 21, 20, 19, 18, 17, 16, 15, 14].map((version) => `clangd-${version}`)],
            ['--version'],
        ),
    },
    {
        id: 'gopls',
        name: 'Go',
        languages: ['go', 'go.mod', 'go.work'],
        missing: 'Install gopls for completion and problems in Go: go install golang.org/x/tools/gopls@latest',
        locate: installed('gopls.path', ['gopls'], ['version']),
    },
    {
        id: 'rust-analyzer',
        name: 'Rust',
        languages: ['rust'],
        missing: 'Install rust-analyzer for completion and problems in Rust: rustup component add rust-analyzer',
        locate: installed('rustAnalyzer.path', ['rust-analyzer'], ['--version']),
    },
];
