import { access } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

const VIRTUAL_ENVIRONMENTS = ['.venv', 'venv', 'env'];

/** The Python of a folder: the setting, else its virtual environment, else `python3`. */
export async function pythonOf(folder: vscode.Uri | undefined): Promise<string> {
    const configured = vscode.workspace.getConfiguration('python', folder).get<string>('defaultInterpreterPath', '');
    if (configured) {
        return configured;
    }
    for (const name of folder ? VIRTUAL_ENVIRONMENTS : []) {
        const candidate = path.join(folder!.fsPath, name, 'bin/python');
        const there = await access(candidate).then(
            () => true,
            () => false,
        );
        if (there) {
            return candidate;
        }
    }
    return 'python3';
}
