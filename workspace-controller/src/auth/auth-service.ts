import { DEFAULT_TEAM, LINK_TOKEN_FRAGMENT, PORTAL_PAGES, SIGN_IN_LINK_LIFETIME_MS, type User } from '@tandem/protocol';
import { AppError, type Clock, type Logger, type Timer } from '@tandem/server-kit';
import type { OidcConfig } from '../config.ts';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { SecretBox } from '../database/secret-box.ts';
import type { CredentialProvider } from '../events.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { ApiTokens } from './api-tokens.ts';
import { GitCredentials } from './git-credentials.ts';
import { Invitations } from './invitations.ts';
import { OidcSignIn } from './oidc.ts';
import { OneTimeStore } from './one-time.ts';
import { Passkeys } from './passkeys.ts';
import type { PasswordCost } from './password-hash.ts';
import { Passwords } from './passwords.ts';
import { People } from './people.ts';
import { RevocationWatch } from './revocation-watch.ts';
import { Revocations } from './revocations.ts';
import { RightsIndex } from './rights-index.ts';
import { Sessions } from './sessions.ts';
import { SigningKeys } from './signing-keys.ts';
import { StoredWorkspaceAccessRegistry } from './workspace-access-registry.ts';

const SWEEP_INTERVAL_MS = 30_000;
const SIGNED_IN_BEFORE = 'first-admin-signed-in';

export interface AuthOptions {
    database: PlatformDatabase;
    secrets: SecretBox;
    store: ResourceStore;
    clock: Clock;
    logger: Logger;
    /** Origin of the portal. */
    portalUrl: URL;
    /** Without port. */
    contentDomain: string;
    /** Whether each workspace runs under an OS user (or container) of its own. */
    isolated: boolean;
    oidc?: OidcConfig;
    /** Only tests make hashing cheaper. */
    passwordCost?: PasswordCost;
}

/** Everything about who is who: sign-in, sessions, tokens, credentials, keys, revocations, access to workspaces. */
export class AuthService {
    readonly sessions: Sessions;
    readonly tokens: ApiTokens;
    readonly people: People;
    readonly passwords: Passwords;
    readonly passkeys: Passkeys;
    readonly invitations: Invitations;
    readonly oidc: OidcSignIn | undefined;
    readonly gitCredentials: GitCredentials;
    readonly signingKeys: SigningKeys;
    readonly revocations: Revocations;
    readonly rights: RightsIndex;
    readonly registry: StoredWorkspaceAccessRegistry;
    /** Answers a workspace's request for its owner's git credential. */
    readonly credentialProvider: CredentialProvider;
    private readonly options: AuthOptions;
    private readonly oneTime: OneTimeStore;
    private readonly watch: RevocationWatch;
    private sweeping: Timer | undefined;
    private awaitsFirst: boolean;

    private constructor(
        options: AuthOptions,
        opened: {
            rights: RightsIndex;
            revocations: Revocations;
            sessions: Sessions;
            tokens: ApiTokens;
            signingKeys: SigningKeys;
            registry: StoredWorkspaceAccessRegistry;
            oneTime: OneTimeStore;
            signedInBefore: boolean;
        },
    ) {
        const { database, secrets, store, clock, logger, portalUrl: portal } = options;
        this.options = options;
        this.oneTime = opened.oneTime;
        this.rights = opened.rights;
        this.revocations = opened.revocations;
        this.sessions = opened.sessions;
        this.tokens = opened.tokens;
        this.signingKeys = opened.signingKeys;
        this.registry = opened.registry;
        this.awaitsFirst = !opened.signedInBefore;
        this.people = new People(store, this.rights, database, options.isolated);
        this.passwords = new Passwords(database, this.rights, clock, options.passwordCost);
        this.passkeys = new Passkeys(database, this.oneTime, clock, portal);
        this.gitCredentials = new GitCredentials(database, secrets, clock);
        this.credentialProvider = this.gitCredentials.provider;
        const { people, passwords, rights, oneTime } = this;
        this.invitations = new Invitations({ database, people, passwords, rights, clock, portal });
        this.oidc = options.oidc && new OidcSignIn(options.oidc, { oneTime, people, rights, database, logger, portal });
        const { revocations, sessions, tokens, gitCredentials } = this;
        this.watch = new RevocationWatch({ rights, revocations, sessions, tokens, gitCredentials, clock, logger });
        this.sweepLater();
    }

    static async open(options: AuthOptions): Promise<AuthService> {
        const { database, secrets, store, clock, logger } = options;
        const rights = await RightsIndex.open(store, clock, logger);
        const revocations = await Revocations.open(database, clock, logger);
        const sessions = await Sessions.open(database, revocations, clock);
        const tokens = await ApiTokens.open(database, revocations, clock);
        const signingKeys = await SigningKeys.open(database, secrets, clock);
        const oneTime = new OneTimeStore(database, clock);
        const registry = await StoredWorkspaceAccessRegistry.open({
            database,
            oneTime,
            sessions,
            rights,
            keys: signingKeys,
            revocations,
            clock,
            contentDomain: options.contentDomain,
            issuer: options.portalUrl.origin,
        });
        const [row] = await database.query('SELECT value FROM setting WHERE key = ?', [SIGNED_IN_BEFORE]);
        const signedInBefore = row !== undefined;
        return new AuthService(options, { rights, revocations, sessions, tokens, signingKeys, registry, oneTime, signedInBefore });
    }

    /** True until the first admin has signed in with the printed link. */
    get awaitsFirstAdmin(): boolean {
        return this.awaitsFirst;
    }

    /** Mints the identity token of role `controller` that opens a control socket. */
    readonly mintControlToken = (workspaceUid: string): Promise<string> => this.registry.mintControlToken(workspaceUid);

    /** Mints the token that opens the collaboration server for the peer inside a workspace. */
    readonly mintPeerToken = (workspace: { uid: string; name: string }): Promise<string> => this.registry.mintPeerToken(workspace);

    /**
     * A link that signs the first admin in once, within 15 minutes; it makes earlier ones worthless. Printed at every
     * start: whoever can read the server's output owns the server.
     */
    async issueSignInLink(): Promise<string> {
        await this.oneTime.clear('sign-in-link');
        const { token } = await this.oneTime.put('sign-in-link', {}, SIGN_IN_LINK_LIFETIME_MS);
        return `${this.options.portalUrl.origin}${PORTAL_PAGES.signIn}#${LINK_TOKEN_FRAGMENT}=${token}`;
    }

    /** The admin that a sign-in link is for; made when there is none. @throws AppError `link-expired` */
    async redeemSignInLink(token: string): Promise<User> {
        if ((await this.oneTime.take('sign-in-link', token)) === undefined) {
            throw new AppError(
                'link-expired',
                'The sign-in link is used up or older than 15 minutes. Start the platform again for a new one.',
            );
        }
        const admins = this.rights.users().filter((user) => user.spec.admin && !user.spec.disabled);
        const oldest = admins.sort((a, b) => a.metadata.createdAt.localeCompare(b.metadata.createdAt))[0];
        const user = oldest ?? (await this.makeFirstAdmin());
        if (this.awaitsFirst) {
            await this.options.database.query('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING', [
                SIGNED_IN_BEFORE,
                'true',
            ]);
            this.awaitsFirst = false;
        }
        return user;
    }

    /** Whether a person can sign in without a link: by password, passkey or provider. */
    async hasCredential(user: string): Promise<boolean> {
        if ((await this.passwords.isSet(user)) || (await this.passkeys.count(user)) > 0) {
            return true;
        }
        const linked = await this.options.database.query('SELECT 1 FROM external_identity WHERE user = ? LIMIT 1', [user]);
        return linked.length > 0;
    }

    async close(): Promise<void> {
        this.sweeping?.cancel();
        this.watch.dispose();
        this.rights.close();
    }

    private makeFirstAdmin(): Promise<User> {
        const email = `admin@${this.options.portalUrl.hostname}`;
        const team = this.rights.team(DEFAULT_TEAM) === undefined ? {} : { team: DEFAULT_TEAM, role: 'lead' as const };
        return this.people.create({ displayName: 'Admin', email, admin: true, ...team });
    }

    private sweepLater(): void {
        this.sweeping = this.options.clock.setTimeout(() => {
            Promise.all([this.sessions.sweep(), this.registry.sweep()]).catch((error: unknown) => {
                this.options.logger.error({ err: error }, 'Expired sessions could not be removed');
            });
            this.sweepLater();
        }, SWEEP_INTERVAL_MS);
    }
}
