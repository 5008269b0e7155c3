import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigReader } from '@tandem/server-kit';

export interface CollabConfig {
    readonly port: number;
    readonly host: string;
    readonly dataDirectory: string;
    /** `undefined`: nobody is asked. */
    readonly jwksUrl: string | undefined;
    readonly issuer: string | undefined;
    readonly revocationsUrl: string | undefined;
    readonly revocationsToken: string | undefined;
    readonly serverToken: string | undefined;
    readonly redisUrl: string | undefined;
    readonly postgresUrl: string | undefined;
    readonly webhookUrl: string | undefined;
    readonly webhookSecret: string | undefined;
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
    const url = (option: string, variable: string, protocols: readonly string[]) => {
        const value = reader.string(option, variable);
        if (value !== undefined) {
            checkUrl(reader, variable, value, protocols);
        }
        return value;
    };
    const config: CollabConfig = {
        port,
        host,
        dataDirectory: reader.string('data', 'TANDEM_COLLAB_DATA', join(homedir(), '.tandem', 'collab')),
        jwksUrl,
        issuer: reader.string('issuer', 'TANDEM_COLLAB_ISSUER'),
        revocationsUrl: url('revocations', 'TANDEM_COLLAB_REVOCATIONS', ['http:', 'https:']),
        revocationsToken: reader.string('revocationsToken', 'TANDEM_COLLAB_REVOCATIONS_TOKEN'),
        serverToken: reader.string('serverToken', 'TANDEM_COLLAB_SERVER_TOKEN'),
        redisUrl: url('redis', 'TANDEM_COLLAB_REDIS', ['redis:', 'rediss:']),
        postgresUrl: url('postgres', 'TANDEM_COLLAB_POSTGRES', ['postgres:', 'postgresql:']),
        webhookUrl: url('webhook', 'TANDEM_COLLAB_WEBHOOK', ['http:', 'https:']),
        webhookSecret: reader.string('webhookSecret', 'TANDEM_COLLAB_WEBHOOK_SECRET'),
        logLevel: reader.string('logLevel', 'TANDEM_COLLAB_LOG_LEVEL', 'warn'),
    };
    if ((config.redisUrl === undefined) !== (config.postgresUrl === undefined)) {
        reader.problem('TANDEM_COLLAB_REDIS and TANDEM_COLLAB_POSTGRES belong together. Give both, or neither for SQLite.');
    }
    if (config.webhookUrl !== undefined && (config.webhookSecret?.length ?? 0) < 16) {
        reader.problem('TANDEM_COLLAB_WEBHOOK_SECRET is missing or shorter than 16 characters. Webhooks are signed with it.');
    }
    reader.finish();
    return config;
}

function checkUrl(reader: ConfigReader, variable: string, value: string, protocols: readonly string[]): void {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
        reader.problem(`${variable} is "${value}". Give an address that begins with ${protocols.map((name) => `${name}//`).join(' or ')}.`);
    }
}
