import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

/** The settings object that the ESLint server asks for with every file. */
export function eslintConfiguration(scope: vscode.Uri | undefined): object {
    const folder = (scope && vscode.workspace.getWorkspaceFolder(scope)) ?? vscode.workspace.workspaceFolders?.[0];
    return {
        validate: 'on',
        packageManager: 'npm',
        useESLintClass: true,
        experimental: { useFlatConfig: false },
        codeAction: {
            disableRuleComment: { enable: true, location: 'separateLine', commentStyle: 'line' },
            showDocumentation: { enable: true },
        },
        codeActionOnSave: { mode: 'all' },
        format: false,
        quiet: false,
        onIgnoredFiles: 'off',
        options: {},
        rulesCustomizations: [],
        run: 'onType',
        problems: { shortenToSingleLine: false },
        nodePath: null,
        workingDirectory: { mode: 'auto' },
        workspaceFolder: folder ? { uri: folder.uri.toString(), name: folder.name } : undefined,
    };
}

/** The ESLint of the project runs: opening a workspace is what a person agrees to when they run its code at all. */
const EXECUTION_ALLOWED = 4;

/** Answers what the ESLint server asks beyond the protocol; without an answer it would wait. */
export function answerEslintRequests(client: LanguageClient): void {
    client.onRequest('eslint/confirmESLintExecution', () => EXECUTION_ALLOWED);
    client.onRequest('eslint/noLibrary', () => ({}));
    client.onRequest('eslint/noConfig', () => ({}));
    client.onRequest('eslint/probeFailed', () => ({}));
    client.onRequest('eslint/openDoc', async ({ url }: { url: string }) => {
        await vscode.env.openExternal(vscode.Uri.parse(url));
        return {};
    });
    client.onNotification('eslint/status', () => undefined);
    client.onNotification('eslint/exitCalled', () => undefined);
    client.onNotification('eslint/showOutputChannel', () => undefined);
}
