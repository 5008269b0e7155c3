import * as client from 'openid-client';
import { DEFAULT_TEAM, OIDC_PATH, type User } from '@tandem/protocol';
import { AppError, type Logger } from '@tandem/server-kit';
import type { OidcConfig } from '../config.ts';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { OneTimeStore } from './one-time.ts';
import type { People } from './people.ts';
import type { RightsIndex } from './rights-index.ts';
import { equalInConstantTime, randomToken } from './tokens.ts';

const STATE_LIFETIME_MS = 10 * 60_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

interface Begun {
    verifier: string;
    nonce: string;
    browser: string;
    returnTo: string;
}

/** What an OpenID provider's groups give a person. */
export interface MappedRights {
    /** `undefined` when no group maps to admin at all: the flag is left alone. */
    admin: boolean | undefined;
    /** Every team that some group maps to; `undefined`: not (or no longer) a member. */
    teams: Map<string, 'lead' | 'developer' | undefined>;
}

/** Sign-in with an OpenID Connect provider: authorization code with PKCE, state and nonce, bound to one browser. */
export class OidcSignIn {
    readonly config: OidcConfig;
    private readonly oneTime: OneTimeStore;
    private readonly people: People;
    private readonly rights: RightsIndex;
    private readonly database: PlatformDatabase;
    private readonly logger: Logger;
    private readonly redirectUri: string;
    private discovered: Promise<client.Configuration> | undefined;

    constructor(
        config: OidcConfig,
        deps: { oneTime: OneTimeStore; people: People; rights: RightsIndex; database: PlatformDatabase; logger: Logger; portal: URL },
    ) {
        this.config = config;
        this.oneTime = deps.oneTime;
        this.people = deps.people;
        this.rights = deps.rights;
        this.database = deps.database;
        this.logger = deps.logger;
        this.redirectUri = `${deps.portal.origin}${OIDC_PATH}${config.id}/callback`;
    }

    /** Where to send the browser, and the value of the cookie that ties the answer to it. @throws AppError `unavailable` */
    async start(returnTo: string): Promise<{ url: URL; browser: string }> {
        const configuration = await this.discover();
        const begun: Begun = {
            verifier: client.randomPKCECodeVerifier(),
            nonce: client.randomNonce(),
            browser: randomToken(),
            returnTo,
        };
        // A provider that does not know the scope may refuse the whole request.
        const groups = configuration.serverMetadata().scopes_supported?.includes(this.config.groupsClaim)
            ? ` ${this.config.groupsClaim}`
            : '';
        const { token: state } = await this.oneTime.put('oidc-state', begun, STATE_LIFETIME_MS);
        const url = client.buildAuthorizationUrl(configuration, {
            redirect_uri: this.redirectUri,
            scope: `openid email profile${groups}`,
            code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
            code_challenge_method: 'S256',
            state,
            nonce: begun.nonce,
        });
        return { url, browser: begun.browser };
    }

    /**
     * Redeems the provider's answer.
     *
     * @param query the callback's query string
     * @throws AppError `link-expired`, `wrong-credentials`, `forbidden`, `unavailable`
     */
    async finish(query: URLSearchParams, browser: string | undefined): Promise<{ user: User; returnTo: string }> {
        const state = query.get('state') ?? '';
        const begun = await this.oneTime.take<Begun>('oidc-state', state);
        if (begun === undefined || browser === undefined || !equalInConstantTime(begun.browser, browser)) {
            throw new AppError('link-expired', 'The sign-in took too long or was begun in another browser. Begin again.');
        }
        const claims = await this.redeem(query, state, begun);
        const user = await this.personOf(claims);
        return { user: await this.applyRights(user, mapGroups(this.config, claims[this.config.groupsClaim])), returnTo: begun.returnTo };
    }

    private async redeem(query: URLSearchParams, state: string, begun: Begun): Promise<Record<string, unknown>> {
        const configuration = await this.discover();
        const current = new URL(this.redirectUri);
        current.search = query.toString();
        try {
            const tokens = await client.authorizationCodeGrant(configuration, current, {
                pkceCodeVerifier: begun.verifier,
                expectedState: state,
                expectedNonce: begun.nonce,
                idTokenExpected: true,
            });
            const claims = tokens.claims() as Record<string, unknown>;
            const hasInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
            // E-mail and groups often stand only at the userinfo endpoint.
            return hasInfo
                ? { ...claims, ...(await client.fetchUserInfo(configuration, tokens.access_token, String(claims['sub']))) }
                : claims;
        } catch (cause) {
            this.logger.warn({ err: cause }, 'The OpenID provider did not sign the person in');
            throw new AppError('wrong-credentials', `${this.config.name} did not sign you in. Try again.`, { cause });
        }
    }

    private async personOf(claims: Record<string, unknown>): Promise<User> {
        const subject = String(claims['sub']);
        const [linked] = await this.database.query('SELECT user FROM external_identity WHERE provider = ? AND subject = ?', [
            this.config.issuer,
            subject,
        ]);
        const known = linked === undefined ? undefined : this.rights.user(String(linked['user']));
        if (known !== undefined) {
            return known;
        }
        const email = claims['email'];
        if (typeof email !== 'string' || claims['email_verified'] === false) {
            throw new AppError('forbidden', `${this.config.name} gave no verified e-mail address for you. Ask its administrator.`);
        }
        const displayName = typeof claims['name'] === 'string' && claims['name'] !== '' ? claims['name'].slice(0, 80) : email.slice(0, 80);
        // An existing account is taken over only when the provider vouches for the address.
        const existing = claims['email_verified'] === true ? this.rights.userByEmail(email) : undefined;
        const user = existing ?? (await this.people.create({ displayName, email, admin: false }));
        await this.database.query(
            'INSERT INTO external_identity (provider, subject, user) VALUES (?, ?, ?) ON CONFLICT (provider, subject) DO UPDATE SET user = excluded.user',
            [this.config.issuer, subject, user.metadata.name],
        );
        return user;
    }

    private async applyRights(user: User, mapped: MappedRights): Promise<User> {
        const name = user.metadata.name;
        for (const [team, role] of mapped.teams) {
            if (this.rights.team(team) === undefined) {
                this.logger.warn({ team }, 'A group of the OpenID provider maps to a team that does not exist');
            } else if (role === undefined) {
                await this.people.removeMember(team, name);
            } else {
                await this.people.setMember(team, name, role);
            }
        }
        if (mapped.admin === undefined || mapped.admin === user.spec.admin) {
            return user;
        }
        return this.people.update(name, (object) => {
            object.spec.admin = mapped.admin === true;
        });
    }

    private discover(): Promise<client.Configuration> {
        this.discovered ??= this.askForMetadata().catch((cause: unknown) => {
            this.discovered = undefined;
            this.logger.error({ err: cause, issuer: this.config.issuer }, 'The OpenID provider does not answer');
            throw new AppError('unavailable', `${this.config.name} does not answer. Try again, or sign in another way.`, { cause });
        });
        return this.discovered;
    }

    private askForMetadata(): Promise<client.Configuration> {
        const issuer = new URL(this.config.issuer);
        // Plain http is for a provider on this machine, as in tests.
        const execute = issuer.protocol === 'http:' && LOOPBACK.has(issuer.hostname) ? [client.allowInsecureRequests] : [];
        return client.discovery(issuer, this.config.clientId, this.config.clientSecret, undefined, { execute, timeout: 10 });
    }
}

/**
 * What the groups of a person give, by the mapping `group=admin` and `group=team:<team>:<role>`. The higher of two roles
 * in a team wins.
 */
export function mapGroups(config: Pick<OidcConfig, 'groupMapping'>, claim: unknown): MappedRights {
    const groups = new Set(Array.isArray(claim) ? claim.map(String) : typeof claim === 'string' ? [claim] : []);
    const mapped: MappedRights = { admin: undefined, teams: new Map() };
    for (const [group, right] of Object.entries(config.groupMapping)) {
        const has = groups.has(group);
        if (right === 'admin') {
            mapped.admin = mapped.admin === true || has;
            continue;
        }
        const [, team = DEFAULT_TEAM, role] = right.split(':');
        const before = mapped.teams.get(team);
        const gives = has ? (role === 'lead' ? 'lead' : 'developer') : undefined;
        mapped.teams.set(team, before === 'lead' ? before : (gives ?? before));
    }
    return mapped;
}
