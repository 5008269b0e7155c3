import { Command } from 'commander';

export interface CommandLine {
    readonly command: 'serve' | 'import';
    /** Options that were given, by their names in camel case. */
    readonly values: Readonly<Record<string, unknown>>;
}

/** Reads the arguments of `tandem-collab`. Prints help and ends the process where they ask for it or are not valid. */
export function parseCommandLine(args: readonly string[]): CommandLine {
    let given: CommandLine = { command: 'serve', values: {} };
    const program = new Command('tandem-collab')
        .description('Serves Yjs documents to y-websocket and Hocuspocus clients, and acknowledges edits when they are on disk.')
        .enablePositionalOptions()
        .option('--port <number>', 'port to listen on, 0 for any free one (1234)')
        .option('--host <address>', 'address to listen on (127.0.0.1)')
        .option('--auth <how>', 'none (this machine only) or jwks=URL')
        .option('--issuer <name>', 'issuer that tokens must name')
        .option('--revocations <url>', 'feed of revocations (server-sent events)')
        .option('--revocations-token <token>', 'bearer token for that feed')
        .option('--server-token <token>', 'bearer token of the HTTP API')
        .option('--webhook <url>', 'is told what happens')
        .option('--webhook-secret <secret>', 'signs webhooks')
        .option('--limits <file>', 'limits that differ from the defaults, as JSON: {"maxDocumentBytes": 1000000}')
        .addHelpText(
            'after',
            '\nEvery option is also an environment variable: TANDEM_COLLAB_PORT, TANDEM_COLLAB_SERVER_TOKEN and so on (see example.env).',
        )
        .allowExcessArguments(false)
        .action((values: Record<string, unknown>) => void (given = { command: 'serve', values }));
    withPlace(program);
    const bring = program
        .command('import')
        .description('Copies the documents of another server. Run it while neither server is running; a second run changes nothing.')
        .option('--from-leveldb <directory>', "y-leveldb: what y-websocket's server keeps with YPERSISTENCE")
        .option('--from-hocuspocus-sqlite <file>', "the file of Hocuspocus' SQLite extension")
        .allowExcessArguments(false)
        .action((values: Record<string, unknown>) => void (given = { command: 'import', values }));
    withPlace(bring);
    program.parse([...args], { from: 'user' });
    return given;
}

/** Options that both commands have. */
function withPlace(command: Command): void {
    command
        .option('--data <directory>', 'where documents are kept (~/.tandem/collab)')
        .option('--postgres <url>', 'log and snapshots of replicas, instead of --data; needs --redis')
        .option('--redis <url>', 'fan-out between replicas; needs --postgres')
        .option('--log-level <level>', 'trace, debug, info, warn, error or silent (warn)');
}
