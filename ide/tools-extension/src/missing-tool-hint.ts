import * as vscode from 'vscode';
import type { ServerDescription } from './servers';

const COMMAND = 'tandem.tools.explainMissingTool';

/** One quiet line in the status bar while a file is open whose language server is not installed. */
export class MissingToolHint implements vscode.Disposable {
    private readonly missing = new Map<string, ServerDescription>();
    private readonly item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Right, 90);
    private readonly subscriptions: vscode.Disposable[];

    constructor() {
        this.item.command = COMMAND;
        this.subscriptions = [
            vscode.window.onDidChangeActiveTextEditor(() => this.update()),
            vscode.commands.registerCommand(COMMAND, () => this.explain()),
        ];
    }

    show(server: ServerDescription): void {
        this.missing.set(server.id, server);
        this.update();
    }

    hide(server: ServerDescription): void {
        this.missing.delete(server.id);
        this.update();
    }

    private current(): ServerDescription | undefined {
        const language = vscode.window.activeTextEditor?.document.languageId;
        return [...this.missing.values()].find((server) => language !== undefined && server.languages.includes(language));
    }

    private update(): void {
        const server = this.current();
        if (server) {
            this.item.text = `$(info) ${server.name}: no language server`;
            this.item.tooltip = server.missing;
            this.item.show();
        } else {
            this.item.hide();
        }
    }

    private explain(): void {
        const server = this.current();
        if (server?.missing) {
            void vscode.window.showInformationMessage(server.missing);
        }
    }

    dispose(): void {
        this.item.dispose();
        this.subscriptions.forEach((subscription) => subscription.dispose());
    }
}
