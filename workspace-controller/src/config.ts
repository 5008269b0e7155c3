import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_CONTENT_DOMAIN, DEFAULT_DATA_DIRECTORY, DEFAULT_PORT, DEFAULT_PORTAL_HOST } from '@tandem/protocol';
import { ConfigReader } from '@tandem/server-kit';

/** One OpenID Connect provider. */
export interface OidcConfig {
    id: string;
    /** On the sign-in button. */
    name: string;
    issuer: string;
    clientId: string;
    clientSecret: string;
    /** Claim that lists the person's groups. */
    groupsClaim: string;
    /** Group to right: `admins=admin`, `web=team:web:lead`. */
    groupMapping: Record<string, string>;
}

export interface ControllerConfig {
    port: number;
    /** Addresses to listen on. */
    hosts: string[];
    dataDirectory: string;
    /** Origin of the portal, with the port when it is not the scheme's own. */
    portalUrl: URL;
    /** Content domain without port. */
    contentDomain: string;
    tls: { certificateFile: string; keyFile: string } | undefined;
    /** Addresses whose `X-Forwarded-*` headers are believed. */
    trustedProxies: string[];
    oidc: OidcConfig | undefined;
    /** A `known_hosts` file: SSH hosts that all workspaces trust. */
    sshKnownHostsFile: string | undefined;
    /** Extension registry of the IDE; absent: Open VSX. */
    extensionRegistryUrl: string | undefined;
    /** How many started workspaces wait in the first team's pool. */
    poolSize: number;
    logLevel: string;
    openBrowser: boolean;
}

/**
 * The controller's options: command line values win over `TANDEM_…` variables, which win over the defaults.
 *
 * @param values what the command line gave, by option name
 * @throws ConfigError with every problem at once
 */
export function readControllerConfig(values: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv): ControllerConfig {
    const reader = new ConfigReader(values, environment);
    const port = reader.integer('port', 'TANDEM_PORT', { fallback: DEFAULT_PORT, minimum: 0, maximum: 65535 });
    const certificateFile = reader.string('tlsCert', 'TANDEM_TLS_CERT');
    const keyFile = reader.string('tlsKey', 'TANDEM_TLS_KEY');
    if ((certificateFile === undefined) !== (keyFile === undefined)) {
        reader.problem('--tls-cert and --tls-key belong together: give both or none.');
    }
    const portalUrl = readPortalUrl(reader, port);
    const hosts = reader.string('host', 'TANDEM_HOST');
    const config: ControllerConfig = {
        port,
        hosts: hosts === undefined ? ['127.0.0.1', '::1'] : hosts.split(',').map((host) => host.trim()),
        dataDirectory: resolve(reader.string('data', 'TANDEM_DATA', join(homedir(), DEFAULT_DATA_DIRECTORY))),
        portalUrl,
        contentDomain: reader.string(
            'contentDomain',
            'TANDEM_CONTENT_DOMAIN',
            portalUrl.hostname === DEFAULT_PORTAL_HOST ? DEFAULT_CONTENT_DOMAIN : `ws.${portalUrl.hostname}`,
        ),
        tls: certificateFile !== undefined && keyFile !== undefined ? { certificateFile, keyFile } : undefined,
        trustedProxies: list(reader.string('trustedProxies', 'TANDEM_TRUSTED_PROXIES')),
        oidc: readOidc(reader),
        sshKnownHostsFile: reader.string('sshKnownHosts', 'TANDEM_SSH_KNOWN_HOSTS'),
        extensionRegistryUrl: reader.string('extensionRegistry', 'TANDEM_EXTENSION_REGISTRY'),
        poolSize: reader.integer('poolSize', 'TANDEM_POOL_SIZE', { fallback: 2, minimum: 0, maximum: 100 }),
        logLevel: reader.string('logLevel', 'TANDEM_LOG_LEVEL', 'info'),
        openBrowser: reader.boolean('open', 'TANDEM_OPEN', true),
    };
    if (config.contentDomain === config.portalUrl.hostname) {
        reader.problem(
            `--content-domain is "${config.contentDomain}", the portal's own name. Give another, such as ws.${config.contentDomain}.`,
        );
    }
    reader.finish();
    return config;
}

function readPortalUrl(reader: ConfigReader, port: number): URL {
    const fallback = `http://${DEFAULT_PORTAL_HOST}:${port}`;
    const given = reader.string('url', 'TANDEM_URL', fallback);
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (
        url === undefined ||
        !['http:', 'https:'].includes(url.protocol) ||
        url.pathname !== '/' ||
        url.search !== '' ||
        url.username !== ''
    ) {
        reader.problem(`--url is "${given}". Give the portal's address without a path, such as https://tandem.example.com.`);
        return new URL(fallback);
    }
    return url;
}

function readOidc(reader: ConfigReader): OidcConfig | undefined {
    const issuer = reader.string('oidcIssuer', 'TANDEM_OIDC_ISSUER');
    if (issuer === undefined) {
        return undefined;
    }
    const clientId = reader.string('oidcClientId', 'TANDEM_OIDC_CLIENT_ID', '');
    const clientSecret = reader.string('oidcClientSecret', 'TANDEM_OIDC_CLIENT_SECRET', '');
    if (!URL.canParse(issuer)) {
        reader.problem(`TANDEM_OIDC_ISSUER is "${issuer}". Give the provider's issuer URL.`);
    }
    if (clientId === '' || clientSecret === '') {
        reader.problem('TANDEM_OIDC_ISSUER is set: TANDEM_OIDC_CLIENT_ID and TANDEM_OIDC_CLIENT_SECRET are needed too.');
    }
    const groupMapping: Record<string, string> = {};
    for (const entry of list(reader.string('oidcGroups', 'TANDEM_OIDC_GROUPS'))) {
        const [group, right] = entry.split('=', 2);
        if (!group || !right || !/^(admin|team:[a-z0-9-]+:(lead|developer))$/.test(right)) {
            reader.problem(
                `TANDEM_OIDC_GROUPS has "${entry}". Write group=admin or group=team:<team>:<lead|developer>, separated by commas.`,
            );
        } else {
            groupMapping[group] = right;
        }
    }
    return {
        id: reader.string('oidcId', 'TANDEM_OIDC_ID', 'oidc'),
        name: reader.string('oidcName', 'TANDEM_OIDC_NAME', 'Single sign-on'),
        issuer,
        clientId,
        clientSecret,
        groupsClaim: reader.string('oidcGroupsClaim', 'TANDEM_OIDC_GROUPS_CLAIM', 'groups'),
        groupMapping,
    };
}

function list(value: string | undefined): string[] {
    return (value ?? '')
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
}
