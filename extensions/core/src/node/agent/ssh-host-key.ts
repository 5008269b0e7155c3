import { createHash } from 'node:crypto';
import { runCommand } from './run-command';

const SCAN_TIMEOUT_MS = 10_000;

/** Host and port of an SSH address: `ssh://git@host:2222/path` or `git@host:path`. */
export function sshHostOf(url: string): { host: string; port: number } | undefined {
    if (url.includes('://')) {
        const parsed = URL.canParse(url) ? new URL(url) : undefined;
        return parsed?.protocol === 'ssh:' && parsed.hostname !== ''
            ? { host: parsed.hostname, port: Number(parsed.port || 22) }
            : undefined;
    }
    const host = /^(?:[^@\s/]+@)?([A-Za-z0-9][A-Za-z0-9.-]*):/.exec(url)?.[1];
    return host === undefined ? undefined : { host, port: 22 };
}

/** `SHA256:…` of the keys in what `ssh-keyscan` prints, as everybody publishes them. */
export function fingerprintsOf(scanned: string): string[] {
    return scanned
        .split('\n')
        .map((line) => /^[^#\s]\S* (ssh-\S+|ecdsa-\S+) ([A-Za-z0-9+/=]+)/.exec(line))
        .filter((match) => match !== null)
        .map(
            ([, type, key]) =>
                `${type} SHA256:${createHash('sha256').update(Buffer.from(key!, 'base64')).digest('base64').replace(/=+$/, '')}`,
        );
}

/**
 * Why a host's key was not trusted, and what to do, for the person.
 *
 * @param output of SSH
 */
export async function unknownHostReason(
    url: string,
    output: string,
    options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string> {
    const { host, port } = sshHostOf(url) ?? { host: url, port: 22 };
    const name = port === 22 ? host : `[${host}]:${port}`;
    if (/identification has changed/i.test(output)) {
        return (
            `The SSH host key of ${name} is not the one that is known for it: somebody may be in between. ` +
            `Ask who runs ${host}; if the key was changed on purpose, an administrator replaces it.`
        );
    }
    const scan = await runCommand('ssh-keyscan', ['-T', '5', '-t', 'ed25519,ecdsa,rsa', '-p', String(port), '--', host], {
        cwd: '/',
        env: options.env,
        signal: options.signal,
        timeoutMs: SCAN_TIMEOUT_MS,
    });
    const fingerprints = fingerprintsOf(scan.output);
    const shown = fingerprints.length > 0 ? ` It presents ${fingerprints.join(', ')}.` : '';
    return (
        `The SSH host key of ${name} is not known here.${shown} If that is what ${host} publishes, an administrator adds its line ` +
        `(ssh-keyscan prints it) to the file of TANDEM_SSH_KNOWN_HOSTS; or clone over https.`
    );
}
