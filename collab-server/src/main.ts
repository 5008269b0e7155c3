import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { COLLAB_READY_LINE } from '@tandem/protocol';
import { AppError, ConfigError, createLogger, lockDirectory, type Disposable } from '@tandem/server-kit';
import { Command } from 'commander';
import { mkdirSync } from 'node:fs';
import { createJwtAuthenticator, remoteKeys } from './auth/authenticator.ts';
import { readConfig, type CollabConfig } from './config.ts';
import { WebhookOutbox } from './hooks/webhook-outbox.ts';
import { PostgresUpdateLog } from './log/postgres-update-log.ts';
import { SqliteUpdateLog } from './log/sqlite-update-log.ts';
import { createCollabService, type CollabService } from './service.ts';

const REPLICA_COMMIT_BEAT_MS = 3;

function parse(args: readonly string[]): Record<string, unknown> {
    const program = new Command('tandem-collab')
        .description('Serves Yjs documents to y-websocket and Hocuspocus clients, and acknowledges edits when they are on disk.')
        .option('--port <number>', 'port to listen on, 0 for any free one (1234)')
        .option('--host <address>', 'address to listen on (127.0.0.1)')
        .option('--data <directory>', 'where documents are kept (~/.tandem/collab)')
        .option('--auth <how>', 'none (this machine only) or jwks=URL')
        .option('--issuer <name>', 'issuer that tokens must name')
        .option('--revocations <url>', 'feed of revocations (server-sent events)')
        .option('--revocations-token <token>', 'bearer token for that feed')
        .option('--server-token <token>', 'bearer token of the HTTP API')
        .option('--redis <url>', 'fan-out between replicas; needs --postgres')
        .option('--postgres <url>', 'log and snapshots; needs --redis')
        .option('--webhook <url>', 'is told what happens')
        .option('--webhook-secret <secret>', 'signs webhooks')
        .option('--log-level <level>', 'trace, debug, info, warn, error or silent (warn)')
        .addHelpText(
            'after',
            '\nEvery option is also an environment variable: TANDEM_COLLAB_PORT, TANDEM_COLLAB_SERVER_TOKEN and so on (see example.env).',
        )
        .allowExcessArguments(false);
    return program.parse([...args], { from: 'user' }).opts();
}

async function run(config: CollabConfig): Promise<void> {
    const logger = createLogger({ name: 'collab', level: config.logLevel });
    const { postgresUrl, redisUrl } = config;
    const isReplica = postgresUrl !== undefined && redisUrl !== undefined;
    // A replica keeps nothing on its disk, and several may run on one machine.
    let lock: Disposable | undefined;
    if (!isReplica) {
        mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 });
        lock = lockDirectory(config.dataDirectory);
    }
    const log = isReplica
        ? await PostgresUpdateLog.open({ postgresUrl, redisUrl, logger })
        : await SqliteUpdateLog.open(config.dataDirectory);
    const { webhookUrl, webhookSecret } = config;
    const outbox =
        webhookUrl !== undefined && webhookSecret !== undefined
            ? new WebhookOutbox({ url: webhookUrl, secret: webhookSecret, directory: config.dataDirectory, logger })
            : undefined;
    const service: CollabService = createCollabService({
        log,
        logger,
        hooks: outbox ? [outbox.listeners] : [],
        // Other replicas hear of an edit when it is stored; PostgreSQL groups commits by itself.
        ...(isReplica ? { limits: { commitBeatMs: REPLICA_COMMIT_BEAT_MS } } : {}),
        serverToken: config.serverToken,
        ...(config.jwksUrl === undefined
            ? {}
            : {
                  authenticate: createJwtAuthenticator({
                      keys: remoteKeys(config.jwksUrl),
                      ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
                  }),
              }),
        ...(config.revocationsUrl === undefined ? {} : { revocations: { url: config.revocationsUrl, token: config.revocationsToken } }),
    });
    await service.start();
    const server = createServer((request, response) => service.handleRequest(request, response));
    server.on('upgrade', (request, socket, head) => service.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, config.host, resolve);
    });
    const { address, port, family } = server.address() as AddressInfo;
    process.stdout.write(`${COLLAB_READY_LINE} ws://${family === 'IPv6' ? `[${address}]` : address}:${port}\n`);
    let stopping = false;
    const stop = () => {
        if (stopping) {
            return;
        }
        stopping = true;
        server.close();
        void service
            .close()
            .then(
                () => undefined,
                (error: unknown) => {
                    process.stderr.write(`The last edits could not be stored: ${error instanceof Error ? error.message : String(error)}\n`);
                    process.exitCode = 1;
                },
            )
            .then(() => outbox?.close())
            .finally(() => {
                lock?.dispose();
                server.closeAllConnections();
                process.exit();
            });
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
}

try {
    await run(readConfig(parse(process.argv.slice(2)), process.env));
} catch (error) {
    const known = error instanceof ConfigError || error instanceof AppError || (error as { code?: string }).code === 'EADDRINUSE';
    process.stderr.write(`${known || !(error instanceof Error) ? String((error as Error).message) : (error.stack ?? error.message)}\n`);
    process.exit(1);
}
