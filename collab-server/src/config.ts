import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigReader } from '@tandem/server-kit';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { LogPlace } from './log/open-log.ts';

export interface CollabConfig extends LogPlace {
    readonly port: number;
    readonly host: string;
    /** `undefined`: nobody is asked. */
    readonly jwksUrl: string | undefined;
    readonly issuer: string | undefined;
    readonly revocationsUrl: string | undefined;
    readonly revocationsToken: string | undefined;
    readonly serverToken: string | undefined;
    readonly webhookUrl: string | undefined;
    readonly webhookSecret: string | undefined;
    /** What differs from the defaults. */
    readonly limits: Partial<Limits>;
    readonly logLevel: string;
}

/** What `tandem-collab import` reads, and where it puts it. */
export interface ImportConfig extends LogPlace {
    readonly source: { readonly kind: 'leveldb' | 'hocuspocus-sqlite'; readonly path: string };
    readonly logLevel: string;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Reads the configuration; command line values win over `TANDEM_COLLAB_…`.
 *
 * @throws ConfigError with every problem
 */
export function readConfig(values: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv): CollabConfig {
    const reader = new ConfigReader(values, environment);
    const port = reader.integer('port', 'TANDEM_COLLAB_PORT', { fallback: 1234, minimum: 0, maximum: 65_535 });
    const host = reader.string('host', 'TANDEM_COLLAB_HOST', '127.0.0.1');
    const auth = reader.string('auth', 'TANDEM_COLLAB_AUTH');
    let jwksUrl: string | undefined;
    if (auth === undefined) {
        reader.problem('TANDEM_COLLAB_AUTH is missing. Give --auth none for this machine only, or --auth jwks=URL.');
    } else if (auth.startsWith('jwks=')) {
        jwksUrl = auth.slice('jwks='.length);
        checkUrl(reader, 'TANDEM_COLLAB_AUTH', jwksUrl, ['http:', 'https:']);
    } else if (auth !== 'none') {
        reader.problem(`TANDEM_COLLAB_AUTH is "${auth}". Give none or jwks=URL.`);
    } else if (!LOOPBACK.has(host)) {
        reader.problem(
            `TANDEM_COLLAB_HOST is "${host}", but without authentication only loopback is served. Give 127.0.0.1, or --auth jwks=URL.`,
        );
    }
    const config: CollabConfig = {
        port,
        host,
        ...readPlace(reader),
        jwksUrl,
        issuer: reader.string('issuer', 'TANDEM_COLLAB_ISSUER'),
        revocationsUrl: readUrl(reader, 'revocations', 'TANDEM_COLLAB_REVOCATIONS', ['http:', 'https:']),
        revocationsToken: reader.string('revocationsToken', 'TANDEM_COLLAB_REVOCATIONS_TOKEN'),
        serverToken: reader.string('serverToken', 'TANDEM_COLLAB_SERVER_TOKEN'),
        webhookUrl: readUrl(reader, 'webhook', 'TANDEM_COLLAB_WEBHOOK', ['http:', 'https:']),
        webhookSecret: reader.string('webhookSecret', 'TANDEM_COLLAB_WEBHOOK_SECRET'),
        limits: readLimits(reader),
        logLevel: reader.string('logLevel', 'TANDEM_COLLAB_LOG_LEVEL', 'warn'),
    };
    if (config.webhookUrl !== undefined && (config.webhookSecret?.length ?? 0) < 16) {
        reader.problem('TANDEM_COLLAB_WEBHOOK_SECRET is missing or shorter than 16 characters. Webhooks are signed with it.');
    }
    reader.finish();
    return config;
}

/**
 * Reads the configuration of `tandem-collab import`.
 *
 * @throws ConfigError with every problem
 */
export function readImportConfig(values: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv): ImportConfig {
    const reader = new ConfigReader(values, environment);
    const leveldb = reader.string('fromLeveldb', 'TANDEM_COLLAB_FROM_LEVELDB');
    const sqlite = reader.string('fromHocuspocusSqlite', 'TANDEM_COLLAB_FROM_HOCUSPOCUS_SQLITE');
    if ((leveldb === undefined) === (sqlite === undefined)) {
        reader.problem('Give one source: --from-leveldb DIRECTORY or --from-hocuspocus-sqlite FILE.');
    }
    const config: ImportConfig = {
        source: leveldb !== undefined ? { kind: 'leveldb', path: leveldb } : { kind: 'hocuspocus-sqlite', path: sqlite ?? '' },
        ...readPlace(reader),
        logLevel: reader.string('logLevel', 'TANDEM_COLLAB_LOG_LEVEL', 'warn'),
    };
    reader.finish();
    return config;
}

/** Limits from a JSON file: an object of names in `limits.ts` and numbers. */
function readLimits(reader: ConfigReader): Partial<Limits> {
    const file = reader.string('limits', 'TANDEM_COLLAB_LIMITS');
    if (file === undefined) {
        return {};
    }
    let given: unknown;
    try {
        given = JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
        reader.problem(`TANDEM_COLLAB_LIMITS: ${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
        return {};
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        reader.problem(`TANDEM_COLLAB_LIMITS: ${file} holds no object. Write {"maxDocumentBytes": 1000000}.`);
        return {};
    }
    for (const [name, value] of Object.entries(given)) {
        if (!(name in DEFAULT_LIMITS)) {
            reader.problem(`TANDEM_COLLAB_LIMITS: there is no limit "${name}". The names are in collab-server/src/limits.ts.`);
        } else if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
            reader.problem(`TANDEM_COLLAB_LIMITS: ${name} is ${JSON.stringify(value)}. Give a number over 0.`);
        }
    }
    return given;
}

/** Where documents are: a directory, or PostgreSQL with Redis. */
function readPlace(reader: ConfigReader): LogPlace {
    const redisUrl = readUrl(reader, 'redis', 'TANDEM_COLLAB_REDIS', ['redis:', 'rediss:']);
    const postgresUrl = readUrl(reader, 'postgres', 'TANDEM_COLLAB_POSTGRES', ['postgres:', 'postgresql:']);
    if ((redisUrl === undefined) !== (postgresUrl === undefined)) {
        reader.problem('TANDEM_COLLAB_REDIS and TANDEM_COLLAB_POSTGRES belong together. Give both, or neither for SQLite.');
    }
    return { dataDirectory: reader.string('data', 'TANDEM_COLLAB_DATA', join(homedir(), '.tandem', 'collab')), redisUrl, postgresUrl };
}

function readUrl(reader: ConfigReader, option: string, variable: string, protocols: readonly string[]): string | undefined {
    const value = reader.string(option, variable);
    if (value !== undefined) {
        checkUrl(reader, variable, value, protocols);
    }
    return value;
}

function checkUrl(reader: ConfigReader, variable: string, value: string, protocols: readonly string[]): void {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
        reader.problem(`${variable} is "${value}". Give an address that begins with ${protocols.map((name) => `${name}//`).join(' or ')}.`);
    }
}
