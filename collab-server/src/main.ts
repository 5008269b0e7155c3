import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { COLLAB_READY_LINE } from '@tandem/protocol';
import { AppError, ConfigError, createLogger } from '@tandem/server-kit';
import { createJwtAuthenticator, remoteKeys } from './auth/authenticator.ts';
import { parseCommandLine } from './command-line.ts';
import { readConfig, readImportConfig, type CollabConfig } from './config.ts';
import { WebhookOutbox } from './hooks/webhook-outbox.ts';
import { openLog } from './log/open-log.ts';
import { UpdateLogError } from './log/update-log.ts';
import { createCollabService, type CollabService } from './service.ts';

const REPLICA_COMMIT_BEAT_MS = 3;

async function serve(config: CollabConfig): Promise<void> {
    const logger = createLogger({ name: 'collab', level: config.logLevel });
    const { log, lock } = await openLog(config, logger);
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
        limits: { ...(config.postgresUrl === undefined ? {} : { commitBeatMs: REPLICA_COMMIT_BEAT_MS }), ...config.limits },
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

/** What to print: our own errors say all there is to say, anything else shows where it happened. */
function describe(error: unknown): string {
    if (error instanceof ConfigError || error instanceof AppError || error instanceof UpdateLogError) {
        return error.message;
    }
    if ((error as { code?: string }).code === 'EADDRINUSE') {
        return `${(error as Error).message}. Stop what listens there, or give another --port.`;
    }
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
    const { command, values } = parseCommandLine(process.argv.slice(2));
    if (command === 'import') {
        const { runImport } = await import('./import/import-command.ts');
        process.exitCode = await runImport(readImportConfig(values, process.env), (line) => process.stdout.write(`${line}\n`));
    } else {
        await serve(readConfig(values, process.env));
    }
} catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exit(1);
}
