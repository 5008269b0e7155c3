import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { READY_LINE, SIGN_IN_LINE } from '@tandem/protocol';
import { AppError, ConfigError, createLogger, Lifecycle, systemClock } from '@tandem/server-kit';
import { findFreePort, readControllerConfig, restoreBackup, startController, type ControllerConfig } from '@tandem/workspace-controller';
import { startCollab } from './collab-part.ts';
import { parseCommandLine } from './command-line.ts';
import { openBrowser } from './open-browser.ts';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(packageFolder, '..', '..');
const USAGE_EXIT = 2;
const FORCED_EXIT_MS = 15_000;

/** Runs the platform until a signal ends it. Prints the ready line and the sign-in link alone on their lines. */
export async function runPlatform(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
    const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
    const lifecycle = new Lifecycle();
    try {
        const { values, restoreFrom } = parseCommandLine(args, version);
        const config = await settlePort(values, environment);
        if (restoreFrom !== undefined) {
            const manifest = await restoreBackup(createReadStream(restoreFrom), config.dataDirectory);
            console.log(`Restored the backup of ${manifest.createdAt} into ${config.dataDirectory}.`);
            return;
        }
        const logger = createLogger({ name: 'tandem', level: config.logLevel });
        endOnSignals(lifecycle, (message) => logger.info(message));
        const portalDirectory = join(root, 'workspace-controller', 'portal', 'dist');
        const running = await startController({
            config,
            programs: { ideDirectory: join(root, 'ide'), portalDirectory: existsSync(portalDirectory) ? portalDirectory : undefined },
            version,
            environment,
            clock: systemClock,
            logger,
            lifecycle,
            collab: (context) =>
                startCollab(context, { dataDirectory: config.dataDirectory, issuer: config.portalUrl.origin, logger, lifecycle }),
        });
        running.messages.forEach((message) => console.error(message));
        console.log(`${READY_LINE} ${running.url}`);
        console.log(`${SIGN_IN_LINE} ${running.signInUrl}`);
        if (config.openBrowser) {
            openBrowser(running.signInUrl, environment);
        }
    } catch (error) {
        await lifecycle.stop().catch(() => undefined);
        console.error(explain(error));
        process.exit(error instanceof ConfigError ? USAGE_EXIT : 1);
    }
}

/** Port 0 means any free one; it has to be known before anything, because it is part of every address. */
async function settlePort(values: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv): Promise<ControllerConfig> {
    const config = readControllerConfig(values, environment);
    if (config.port !== 0) {
        return config;
    }
    return readControllerConfig({ ...values, port: await findFreePort(config.hosts[0]!) }, environment);
}

function endOnSignals(lifecycle: Lifecycle, say: (message: string) => void): void {
    let ending = false;
    const end = (): void => {
        if (ending) {
            process.exit(1);
        }
        ending = true;
        say('stopping');
        setTimeout(() => process.exit(1), FORCED_EXIT_MS).unref();
        lifecycle.stop().then(
            () => process.exit(0),
            (error: unknown) => {
                console.error(explain(error));
                process.exit(1);
            },
        );
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
}

function explain(error: unknown): string {
    if (error instanceof AggregateError) {
        return [error.message, ...error.errors.map(explain)].join('\n');
    }
    if (error instanceof AppError || error instanceof ConfigError) {
        return error.message;
    }
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
