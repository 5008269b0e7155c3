import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, type ConfigurationParams } from 'vscode-languageclient/node';
import { answerEslintRequests, eslintConfiguration } from './eslint';
import { MissingToolHint } from './missing-tool-hint';
import { pythonOf } from './python';
import { SERVERS, type ServerDescription } from './servers';

/** Sections of which a server expects a value that no setting of the IDE has. */
async function configuration(section: string | undefined, scope: vscode.Uri | undefined): Promise<unknown> {
    const folder = (scope && vscode.workspace.getWorkspaceFolder(scope)) ?? vscode.workspace.workspaceFolders?.[0];
    const settings = vscode.workspace.getConfiguration(section, scope ?? folder?.uri);
    const value = section ? vscode.workspace.getConfiguration(undefined, scope ?? folder?.uri).get<object>(section) : settings;
    return section === 'python' ? { ...value, pythonPath: await pythonOf(folder?.uri) } : (value ?? null);
}

/** Starts each language server when the first file of its language is opened. */
export class LanguageClients implements vscode.Disposable {
    private readonly clients = new Map<string, Promise<LanguageClient | undefined>>();
    private readonly hint = new MissingToolHint();
    private readonly subscription: vscode.Disposable;

    constructor(private readonly context: vscode.ExtensionContext) {
        this.subscription = vscode.workspace.onDidOpenTextDocument((document) => this.open(document));
        vscode.workspace.textDocuments.forEach((document) => this.open(document));
    }

    private open(document: vscode.TextDocument): void {
        if (document.uri.scheme !== 'file' && document.uri.scheme !== 'untitled') {
            return;
        }
        for (const server of SERVERS) {
            if (server.languages.includes(document.languageId) && !this.clients.has(server.id)) {
                const client = this.start(server);
                this.clients.set(server.id, client);
                // Looked for again with the next file, so that a tool that is installed meanwhile is found.
                void client.then((started) => started ?? this.clients.delete(server.id));
            }
        }
    }

    private async start(server: ServerDescription): Promise<LanguageClient | undefined> {
        try {
            if (server.wanted && !(await server.wanted())) {
                return undefined;
            }
            const command = await server.locate(this.context);
            if (!command) {
                this.hint.show(server);
                return undefined;
            }
            this.hint.hide(server);
            const client = this.create(server, { command: command.command, args: [...command.args] });
            await client.start();
            return client;
        } catch (error) {
            console.warn(`The ${server.name} language server did not start.`, error);
            return undefined;
        }
    }

    private create(server: ServerDescription, executable: { command: string; args: string[] }): LanguageClient {
        const folder = vscode.workspace.workspaceFolders?.[0];
        const client = new LanguageClient(
            `tandem.${server.id}`,
            `${server.name} language server`,
            { ...executable, options: { cwd: folder?.uri.fsPath, env: { ...process.env } } },
            {
                documentSelector: server.languages.flatMap((language) => [
                    { scheme: 'file', language },
                    { scheme: 'untitled', language },
                ]),
                revealOutputChannelOn: RevealOutputChannelOn.Never,
                initializationFailedHandler: () => false,
                progressOnInitialization: false,
                synchronize: {
                    configurationSection: ['python', 'pyright', 'yaml', 'bashIde', 'docker', 'clangd', 'gopls', 'rust-analyzer'],
                },
                middleware: {
                    workspace: {
                        configuration: async (params: ConfigurationParams) =>
                            Promise.all(
                                params.items.map((item) => {
                                    const scope = item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined;
                                    return server.id === 'eslint' ? eslintConfiguration(scope) : configuration(item.section, scope);
                                }),
                            ),
                    },
                },
            },
        );
        if (server.id === 'eslint') {
            answerEslintRequests(client);
        }
        return client;
    }

    dispose(): void {
        this.subscription.dispose();
        this.hint.dispose();
        for (const client of this.clients.values()) {
            void client.then((started) => started?.stop()).catch(() => undefined);
        }
    }
}
