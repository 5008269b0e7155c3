import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DEFAULT_PORT, DEFAULT_PORTAL_HOST } from '@tandem/protocol';
import { CliError } from './exit-codes.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Tokens by the origin of the portal they are for. */
export interface CredentialFile {
    /** Origin used when none is named. */
    current?: string;
    tokens: Record<string, { token: string; id?: string; user: string; expiresAt?: string }>;
}

/** `$XDG_CONFIG_HOME/tandem/credentials.json`, `~/.config` where that is not set. */
export function credentialPath(env: Environment): string {
    return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'tandem', 'credentials.json');
}

/** @throws CliError when the file is there and cannot be understood */
export function readCredentials(env: Environment): CredentialFile {
    const path = credentialPath(env);
    let text: string;
    try {
        text = readFileSync(path, 'utf8');
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
            return { tokens: {} };
        }
        throw new CliError(`${path} cannot be read: ${(error as Error).message}`);
    }
    try {
        const value = JSON.parse(text) as CredentialFile;
        if (typeof value.tokens === 'object' && value.tokens !== null) {
            return value;
        }
    } catch {
        // Told below, the same for broken JSON and a wrong shape.
    }
    throw new CliError(`${path} is not a credential file. Remove it and run "tandem login" again.`);
}

/** Written whole beside the old one and then put in its place; readable by its owner only. */
export function writeCredentials(env: Environment, file: CredentialFile): void {
    const path = credentialPath(env);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}`;
    try {
        writeFileSync(temporary, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
        chmodSync(temporary, 0o600);
        renameSync(temporary, path);
    } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
    }
}

/** Which server to talk to, and with what: the option wins over `TANDEM_URL`, which wins over the last sign-in. */
export function resolveTarget(env: Environment, urlOption: string | undefined): { origin: string; token: string | undefined } {
    const file = readCredentials(env);
    const given = urlOption ?? (env.TANDEM_URL || undefined) ?? file.current ?? `http://${DEFAULT_PORTAL_HOST}:${DEFAULT_PORT}`;
    const origin = originOf(given);
    return { origin, token: env.TANDEM_TOKEN || file.tokens[origin]?.token };
}

/** @throws CliError for what is not an address of a portal */
export function originOf(url: string): string {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
        throw new CliError(`"${url}" is not the address of a Tandem. Give one like https://tandem.example.com.`, 2);
    }
    return parsed.origin;
}
