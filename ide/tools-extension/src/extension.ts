import type * as vscode from 'vscode';
import { BashSyntax } from './bash-syntax';
import { registerDebuggers } from './debuggers';
import { LanguageClients } from './language-clients';

export function activate(context: vscode.ExtensionContext): void {
    registerDebuggers(context);
    context.subscriptions.push(new LanguageClients(context), new BashSyntax());
}
