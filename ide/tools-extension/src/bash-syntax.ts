import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { starts } from './executables';

const DELAY_MS = 400;
const TIMEOUT_MS = 3_000;
const MAXIMUM_CHARACTERS = 500_000;

/** Shells that bash can read the scripts of. */
const INTERPRETERS = /^#!.*\b(bash|sh|dash|ksh)\b/;

/**
 * `bash -n` reads a script without running it.
 * @returns lines, counted from 0, and what is wrong there; an end that comes too early has no line and is put on the last one.
 */
export function parseBashErrors(output: string): { line: number; message: string }[] {
    const found = output.matchAll(/^bash: (?:line (\d+): )?(.+)$/gm);
    // The second line of a syntax error quotes the source, which the editor shows anyway.
    return [...found]
        .map(([, line, message]) => ({ line: line === undefined ? Number.MAX_SAFE_INTEGER : Number(line) - 1, message: message! }))
        .filter(({ message }) => !message.startsWith('`'));
}

/** Syntax errors of shell scripts, for machines without ShellCheck, which the language server would ask. */
export class BashSyntax implements vscode.Disposable {
    private readonly diagnostics = vscode.languages.createDiagnosticCollection('bash');
    private readonly timers = new Map<string, NodeJS.Timeout>();
    private readonly subscriptions: vscode.Disposable[];
    private shellCheck: Promise<boolean> | undefined;

    constructor() {
        this.subscriptions = [
            vscode.workspace.onDidOpenTextDocument((document) => this.later(document)),
            vscode.workspace.onDidChangeTextDocument(({ document }) => this.later(document)),
            vscode.workspace.onDidCloseTextDocument((document) => this.diagnostics.delete(document.uri)),
        ];
        vscode.workspace.textDocuments.forEach((document) => this.later(document));
    }

    private later(document: vscode.TextDocument): void {
        const first = document.lineAt(0).text;
        if (document.languageId !== 'shellscript' || (first.startsWith('#!') && !INTERPRETERS.test(first))) {
            return;
        }
        const key = document.uri.toString();
        clearTimeout(this.timers.get(key));
        this.timers.set(
            key,
            setTimeout(() => void this.check(document), DELAY_MS),
        );
    }

    private async check(document: vscode.TextDocument): Promise<void> {
        this.shellCheck ??= starts(vscode.workspace.getConfiguration('bashIde').get('shellcheckPath', 'shellcheck') || 'shellcheck', [
            '--version',
        ]);
        const text = document.getText();
        if ((await this.shellCheck) || document.isClosed || text.length > MAXIMUM_CHARACTERS) {
            return;
        }
        const version = document.version;
        const child = execFile('bash', ['-n'], { timeout: TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } }, (_error, _stdout, stderr) => {
            if (!document.isClosed && document.version === version) {
                this.diagnostics.set(
                    document.uri,
                    parseBashErrors(stderr).map((error) => this.diagnostic(document, error)),
                );
            }
        });
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(text);
    }

    private diagnostic(document: vscode.TextDocument, { line, message }: { line: number; message: string }): vscode.Diagnostic {
        const { range } = document.lineAt(Math.min(line, document.lineCount - 1));
        // An unexpected end has no text of its own to underline.
        const shown = range.isEmpty && range.start.line > 0 ? document.lineAt(range.start.line - 1).range : range;
        const diagnostic = new vscode.Diagnostic(shown, message, vscode.DiagnosticSeverity.Error);
        diagnostic.source = 'bash';
        return diagnostic;
    }

    dispose(): void {
        this.timers.forEach((timer) => clearTimeout(timer));
        this.subscriptions.forEach((subscription) => subscription.dispose());
        this.diagnostics.dispose();
    }
}
