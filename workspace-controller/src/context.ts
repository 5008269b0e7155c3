import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { STATIC_HOST_LABEL } from '@tandem/protocol';
import { AppError, type Clock, type Lifecycle, type Logger } from '@tandem/server-kit';
import { AuditIntents } from './audit/audit-intents.ts';
import { tellInterrupted } from './audit/tell-interrupted.ts';
import { ChainAnchor } from './audit/chain-anchor.ts';
import { SqliteAuditSink } from './audit/sqlite-audit-sink.ts';
import { AuthService } from './auth/auth-service.ts';
import { createBackup } from './backup/create-backup.ts';
import type { ControllerConfig } from './config.ts';
import { openPlatformDatabase } from './database/open-platform-database.ts';
import { SecretBox } from './database/secret-box.ts';
import { createControlPlane, type ControlPlane } from './reconcile/control-plane.ts';
import { detectIsolation } from './runtime/local/isolation.ts';
import { createLocalRuntime } from './runtime/local/local-runtime.ts';
import type { WorkspaceRuntime } from './runtime/workspace-runtime.ts';
import { SqliteResourceStore } from './store/sqlite/sqlite-resource-store.ts';

/** Where the built parts lie. */
export interface Programs {
    /** The built `ide/` folder. */
    ideDirectory: string;
    /** The portal's build; absent: no portal is served. */
    portalDirectory: string | undefined;
}

export interface ContextOptions {
    config: ControllerConfig;
    programs: Programs;
    version: string;
    environment: NodeJS.ProcessEnv;
    clock: Clock;
    logger: Logger;
    lifecycle: Lifecycle;
}

/** Everything that lives as long as the process, made of adapters. */
export interface ControllerContext {
    store: SqliteResourceStore;
    auth: AuthService;
    secrets: SecretBox;
    database: Awaited<ReturnType<typeof openPlatformDatabase>>;
    audit: SqliteAuditSink;
    intents: AuditIntents;
    runtime: WorkspaceRuntime;
    plane: ControlPlane;
    backup: (options: { homes: boolean }) => ReturnType<typeof createBackup>;
}

const FILES = {
    resources: 'resources.sqlite',
    platform: 'platform.sqlite',
    audit: 'audit.sqlite',
    key: 'secret.key',
    intents: 'audit-intents.log',
} as const;
const WORKSPACES_FOLDER = 'workspaces';
/** What an activation carries. */
const MAX_KNOWN_HOSTS_CHARACTERS = 32_768;
const NOT_IN_BACKUPS = ['lock.sqlite', 'lock.pid', FILES.intents];

/**
 * Opens the data directory and makes the adapters.
 *
 * @throws AppError `unavailable` when the directory, a database or the IDE's build cannot be used; the message says what to do
 */
export async function openContext(options: ContextOptions): Promise<ControllerContext> {
    const { config, clock, logger, lifecycle } = options;
    const inData = (name: string): string => join(config.dataDirectory, name);
    const database = await openPlatformDatabase(inData(FILES.platform));
    lifecycle.onStop('platform database', () => database.close());
    const secrets = await SecretBox.open(inData(FILES.key));
    const audit = await SqliteAuditSink.open({
        path: inData(FILES.audit),
        anchor: new ChainAnchor(database, secrets, logger),
        clock,
        logger,
    });
    lifecycle.onStop('audit log', () => audit.close());
    const intents = new AuditIntents(inData(FILES.intents));
    lifecycle.onStop('audit intents', () => intents.close());
    await tellInterrupted(intents, audit, logger);
    const store = await SqliteResourceStore.open(inData(FILES.resources), clock);
    lifecycle.onStop('resource store', () => store.close());
    const isolation = await detectIsolation();
    const auth = await AuthService.open({
        database,
        secrets,
        store,
        clock,
        logger,
        portalUrl: config.portalUrl,
        contentDomain: config.contentDomain,
        isolated: isolation !== 'none',
        ...(config.oidc === undefined ? {} : { oidc: config.oidc }),
    });
    lifecycle.onStop('sign-in', () => auth.close());
    const runtime = await createLocalRuntime({
        dataDir: config.dataDirectory,
        workspacesDir: inData(WORKSPACES_FOLDER),
        ide: ideProgram(config, options.programs.ideDirectory),
        identity: { issuer: config.portalUrl.origin, jwks: () => auth.signingKeys.jwks() },
        environment: options.environment,
        isolation,
        clock,
        logger,
    });
    // Workspaces go on when the platform stops: the next one adopts them.
    lifecycle.onStop('workspaces', () => runtime.close({ stopWorkspaces: false }));
    const plane = createControlPlane({
        store,
        runtime,
        mintControlToken: auth.mintControlToken,
        mintPeerToken: auth.mintPeerToken,
        credentials: auth.credentialProvider,
        audit,
        clock,
        logger,
        portalUrl: config.portalUrl.origin,
        sshKnownHosts: await readKnownHosts(config.sshKnownHostsFile),
        poolSize: config.poolSize,
    });
    lifecycle.onStop('control plane', () => plane.stop());
    const backup: ControllerContext['backup'] = ({ homes }) =>
        createBackup({
            dataDirectory: config.dataDirectory,
            databases: [
                // First: the anchor in it may lag the audit log, but not lead it.
                { name: FILES.platform, backupTo: (path) => database.backupTo(path) },
                { name: FILES.audit, backupTo: (path) => audit.backupTo(path) },
                { name: FILES.resources, backupTo: (path) => store.backupTo(path) },
            ],
            homeDirectories: [WORKSPACES_FOLDER],
            homes,
            exclude: NOT_IN_BACKUPS,
            version: options.version,
            clock,
            logger,
        });
    return { store, auth, secrets, database, audit, intents, runtime, plane, backup };
}

async function readKnownHosts(file: string | undefined): Promise<string | undefined> {
    const text =
        file === undefined
            ? undefined
            : await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
                  throw new AppError('unavailable', `TANDEM_SSH_KNOWN_HOSTS is ${file}, which cannot be read (${cause.code}).`, { cause });
              });
    if (text !== undefined && text.length > MAX_KNOWN_HOSTS_CHARACTERS) {
        const message = `${file} has ${text.length} characters; TANDEM_SSH_KNOWN_HOSTS takes ${MAX_KNOWN_HOSTS_CHARACTERS}. Keep only git hosts in it.`;
        throw new AppError('unavailable', message);
    }
    return text;
}

function ideProgram(config: ControllerConfig, ideDirectory: string) {
    const entry = join(ideDirectory, 'lib', 'backend', 'main.js');
    if (!existsSync(entry)) {
        throw new AppError('unavailable', `The IDE is not built: ${entry} is missing. Run "npm run build".`);
    }
    const port = config.portalUrl.port === '' ? '' : `:${config.portalUrl.port}`;
    const { protocol } = config.portalUrl;
    return {
        entry,
        pluginsDir: join(ideDirectory, 'plugins'),
        programFolders: [join(ideDirectory, 'lib')],
        environment: {
            TANDEM_STATIC_ORIGIN: `${protocol}//${STATIC_HOST_LABEL}.${config.contentDomain}${port}`,
            TANDEM_CONTENT_DOMAIN: `${config.contentDomain}${port}`,
            ...(config.extensionRegistryUrl === undefined ? {} : { VSX_REGISTRY_URL: config.extensionRegistryUrl }),
        },
    };
}

/** Makes the data directory, closed to others. @throws AppError `unavailable` when that is not possible */
export async function prepareDataDirectory(directory: string): Promise<void> {
    try {
        // The mode is for this folder alone: those above it may be everybody's.
        await mkdir(dirname(directory), { recursive: true });
        await mkdir(directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new AppError(
            'unavailable',
            `The data directory ${directory} cannot be made (${code ?? message}). Give another with --data.`,
            { cause },
        );
    }
}
