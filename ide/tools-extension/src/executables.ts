import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import * as path from 'node:path';

const CHECK_TIMEOUT_MS = 5_000;

/**
 * Whether a program starts. Found is not enough: rustup puts a rust-analyzer on the PATH that only prints an error.
 * @param args arguments that make it print something and end with 0.
 */
export function starts(command: string, args: readonly string[]): Promise<boolean> {
    return new Promise((resolve) => {
        execFile(command, [...args], { timeout: CHECK_TIMEOUT_MS }, (error) => resolve(!error));
    });
}

/**
 * Where the tools of a language are put when they are not on the PATH of a process without a login shell, or when what is first
 * on it does not start.
 */
const usualFolders = [
    path.join(homedir(), 'go/bin'),
    path.join(homedir(), '.cargo/bin'),
    path.join(homedir(), '.local/bin'),
    '/usr/local/go/bin',
    '/usr/local/bin',
    '/usr/bin',
];

/**
 * The first of several programs that starts.
 * @param configured path from the settings; when given, it is the only candidate.
 */
export async function findExecutable(configured: string, names: readonly string[], args: readonly string[]): Promise<string | undefined> {
    const candidates = configured
        ? [configured]
        : names.flatMap((name) => [name, ...usualFolders.map((folder) => path.join(folder, name))]);
    for (const candidate of candidates) {
        if (await starts(candidate, args)) {
            return candidate;
        }
    }
    return undefined;
}
