import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { ConfigError } from '@tandem/server-kit';
import { checkTeamMode, isLoopbackInstall, sampleContentName, type TeamModeReport } from './team-mode.ts';

const DNS_TIMEOUT_MS = 3_000;

/** Options that decide how browsers reach an install. */
export interface InstallOptions {
    portalUrl: URL;
    /** Without port. */
    contentDomain: string;
    hosts: readonly string[];
    tls: { certificateFile: string; keyFile: string } | undefined;
    trustedProxies: readonly string[];
}

/** What the start needs, and what it tells the person who starts it. */
export interface PreparedInstall {
    tls: { certificate: string; key: string } | undefined;
    /** Whole sentences and DNS records, one a line; empty when there is nothing to say. */
    messages: string[];
}

/**
 * Reads certificate and DNS and checks them.
 *
 * @throws ConfigError with every problem at once
 */
export async function prepareInstall(options: InstallOptions, nowMs: number): Promise<PreparedInstall> {
    const unreadable: string[] = [];
    const tls = options.tls && (await readTls(options.tls, unreadable));
    const asked = isLoopbackInstall(options.portalUrl) ? [] : [options.portalUrl.hostname, sampleContentName(options.contentDomain)];
    const resolved = new Map(await Promise.all(asked.map(async (name) => [name, await addressesOf(name)] as const)));
    const ownAddresses = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
    const report = checkTeamMode({ ...options, tls, nowMs, resolved, ownAddresses });
    const problems =
        unreadable.length > 0
            ? unreadable.concat(report.problems.filter((problem) => !/nothing speaks TLS/.test(problem)))
            : report.problems;
    if (problems.length > 0) {
        throw new ConfigError(problems);
    }
    return { tls, messages: messagesOf(report) };
}

export function messagesOf(report: TeamModeReport): string[] {
    const { warnings, missingDnsRecords } = report;
    return missingDnsRecords.length === 0
        ? warnings
        : [
              ...warnings,
              'These DNS records are missing; browsers do not find Tandem without them:',
              ...missingDnsRecords.map((record) => `  ${record}`),
          ];
}

async function readTls(
    files: { certificateFile: string; keyFile: string },
    problems: string[],
): Promise<{ certificate: string; key: string } | undefined> {
    const read = async (option: string, file: string): Promise<string> => {
        try {
            return await readFile(file, 'utf8');
        } catch (error) {
            const { code } = error as NodeJS.ErrnoException;
            problems.push(
                `${option} is "${file}", which ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown'})`}.`,
            );
            return '';
        }
    };
    const [certificate, key] = await Promise.all([read('--tls-cert', files.certificateFile), read('--tls-key', files.keyFile)]);
    return problems.length > 0 ? undefined : { certificate, key };
}

async function addressesOf(name: string): Promise<string[]> {
    const timeout = new Promise<string[]>((resolve) => {
        setTimeout(() => resolve([]), DNS_TIMEOUT_MS).unref();
    });
    const found = lookup(name, { all: true }).then(
        (addresses) => addresses.map(({ address }) => address),
        () => [],
    );
    return Promise.race([found, timeout]);
}
