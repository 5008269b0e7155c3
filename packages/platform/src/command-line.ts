import { Command } from 'commander';

export interface PlatformArguments {
    values: Readonly<Record<string, unknown>>;
    /** `restore FILE`: unpack a backup into an empty data directory instead of starting. */
    restoreFrom: string | undefined;
}

/**
 * Reads the platform's command line.
 *
 * @param version printed by `--version`
 */
export function parseCommandLine(args: readonly string[], version: string): PlatformArguments {
    let restoreFrom: string | undefined;
    const program = new Command('tandem-platform')
        .description('Runs Tandem on one machine: portal, API, gateway, workspaces and the collaboration server.')
        .version(version)
        .option('--port <number>', 'port to listen on (0: any free one)')
        .option('--host <addresses>', 'addresses to listen on, separated by commas')
        .option('--data <directory>', 'where everything is kept')
        .option('--no-open', 'do not open a browser')
        .option('--url <url>', "the portal's address for people, such as https://tandem.example.com")
        .option('--content-domain <name>', 'workspaces are served below this name')
        .option('--tls-cert <file>', 'certificate chain (PEM) for the portal and *.<content domain>')
        .option('--tls-key <file>', 'private key (PEM) of the certificate')
        .option('--trusted-proxies <addresses>', 'proxies whose X-Forwarded headers are believed')
        .option('--extension-registry <url>', 'extension registry of the IDE instead of Open VSX')
        .option('--pool-size <number>', "started workspaces that wait in the first team's pool")
        .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
        .allowExcessArguments(false)
        .action(() => undefined);
    program
        .command('restore <file>')
        .description('unpack a backup into an empty data directory')
        .action((file: string) => {
            restoreFrom = file;
        });
    program.parse([...args], { from: 'user' });
    const { open, ...values } = program.opts<Record<string, unknown>>();
    // Commander's default for --no-open is true; only an explicit "no" is an option given.
    return { values: open === false ? { ...values, open: false } : values, restoreFrom };
}
