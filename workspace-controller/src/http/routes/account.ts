import type { API_TOKEN_SCOPES } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { ApiTokenRecord } from '../../auth/api-tokens.ts';
import { isAdmin } from '../../domain/permissions.ts';
import { assertGitUrl } from '../../domain/git-url.ts';
import type { Handlers } from '../api-context.ts';

const DAY_MS = 24 * 3_600_000;
const STRENGTH: Record<(typeof API_TOKEN_SCOPES)[number], number> = { read: 0, write: 1, admin: 2 };

export const accountHandlers: Handlers<
    | 'getMe'
    | 'updateMe'
    | 'setPassword'
    | 'beginPasskeyRegistration'
    | 'finishPasskeyRegistration'
    | 'listPasskeys'
    | 'renamePasskey'
    | 'deletePasskey'
    | 'listSessions'
    | 'endSession'
    | 'listGitCredentials'
    | 'putGitCredential'
    | 'deleteGitCredential'
    | 'getSshKey'
    | 'createSshKey'
    | 'listTokens'
    | 'createToken'
    | 'deleteToken'
> = {
    getMe: async ({ user }) => user,

    updateMe: async ({ deps, user, body, authentication }) => {
        const name = user.metadata.name;
        if (body.email !== undefined && body.email !== user.spec.email) {
            if (!isAdmin(authentication.caller)) {
                throw new AppError('forbidden', 'Only an admin may change an e-mail address: sign-in goes by it.', { pointer: '/email' });
            }
            const taken = deps.auth.rights.userByEmail(body.email);
            if (taken !== undefined && taken.metadata.name !== name) {
                throw new AppError('already-exists', `There is another account for ${body.email}.`, { pointer: '/email' });
            }
        }
        if (body.dotfiles !== undefined) {
            assertGitUrl(body.dotfiles.url, '/dotfiles/url');
        }
        return deps.auth.people.update(name, (object) => {
            Object.assign(object.spec, body);
        });
    },

    setPassword: async ({ deps, user, body, authentication }) => {
        const name = user.metadata.name;
        await deps.auth.passwords.change(name, body.current, body.password);
        const current = authentication.session?.id;
        const reason = 'The password of this account was changed. Sign in again.';
        await deps.auth.sessions.endWhere(
            (session) => session.user === name && session.id !== current && session.tokenId === undefined,
            reason,
        );
    },

    beginPasskeyRegistration: async ({ deps, user }) => ({ ...(await deps.auth.passkeys.beginRegistration(user)) }),

    finishPasskeyRegistration: async ({ deps, user, body }) => deps.auth.passkeys.finishRegistration(user.metadata.name, body),

    listPasskeys: async ({ deps, user }) => ({ items: await deps.auth.passkeys.list(user.metadata.name) }),

    renamePasskey: async ({ deps, user, params, body }) => deps.auth.passkeys.rename(user.metadata.name, params.id, body.name),

    deletePasskey: async ({ deps, user, params }) => deps.auth.passkeys.delete(user.metadata.name, params.id),

    listSessions: async ({ deps, user, authentication }) => ({
        items: deps.auth.sessions
            .ofUser(user.metadata.name)
            .sort((a, b) => b.lastSeenAtMs - a.lastSeenAtMs)
            .map((session) => ({
                id: session.id,
                createdAt: new Date(session.createdAtMs).toISOString(),
                lastSeenAt: new Date(session.lastSeenAtMs).toISOString(),
                userAgent: session.userAgent,
                address: session.address,
                current: session.id === authentication.session?.id,
            })),
    }),

    endSession: async ({ deps, user, params, authentication, forgetCookie }) => {
        const session = deps.auth.sessions.byId(params.id);
        if (session?.user !== user.metadata.name) {
            throw new AppError('not-found', 'You have no such session. It may have ended already.');
        }
        await deps.auth.sessions.end(session.id, 'You signed out on another device.');
        if (session.id === authentication.session?.id) {
            forgetCookie();
        }
    },

    listGitCredentials: async ({ deps, user }) => ({ items: await deps.auth.gitCredentials.list(user.metadata.name) }),

    putGitCredential: async ({ deps, user, params, body }) => deps.auth.gitCredentials.put(user.metadata.name, params.host, body),

    deleteGitCredential: async ({ deps, user, params }) => deps.auth.gitCredentials.delete(user.metadata.name, params.host),

    getSshKey: async ({ deps, user }) => {
        const publicKey = await deps.auth.gitCredentials.sshPublicKey(user.metadata.name);
        return publicKey === undefined ? {} : { publicKey };
    },

    createSshKey: async ({ deps, user }) => ({
        publicKey: await deps.auth.gitCredentials.createSshKey(user.metadata.name, `${user.metadata.name}@${deps.portalUrl.hostname}`),
    }),

    listTokens: async ({ deps, user }) => ({ items: deps.auth.tokens.ofUser(user.metadata.name).map((record) => view(record)) }),

    createToken: async ({ deps, user, body, authentication, audit }) => {
        const expiresAtMs = deps.clock.now() + body.expiresInDays * DAY_MS;
        const { token: own } = authentication;
        if (own !== undefined && STRENGTH[body.scope] > STRENGTH[own.scope]) {
            throw new AppError('forbidden', `A token of scope "${own.scope}" cannot make one of scope "${body.scope}".`, {
                pointer: '/scope',
            });
        }
        if (own !== undefined && expiresAtMs > own.expiresAtMs) {
            const until = new Date(own.expiresAtMs).toISOString().slice(0, 10);
            const message = `A token cannot make one that outlives it. Yours ends on ${until}; make longer ones in the portal.`;
            throw new AppError('forbidden', message, { pointer: '/expiresInDays' });
        }
        const { record, token } = await deps.auth.tokens.create(user.metadata.name, { name: body.name, scope: body.scope, expiresAtMs });
        audit.target = `Token/${record.id}`;
        audit.detail = { name: record.name, scope: record.scope, expiresAt: new Date(expiresAtMs).toISOString() };
        return { ...view(record), token };
    },

    deleteToken: async ({ deps, user, params }) => {
        if (!deps.auth.tokens.ofUser(user.metadata.name).some((record) => record.id === params.id)) {
            throw new AppError('not-found', 'You have no such token. It may have expired already.');
        }
        const reason = 'The API token was deleted.';
        await deps.auth.tokens.delete(params.id, reason);
        await deps.auth.sessions.endWhere((session) => session.tokenId === params.id, reason);
    },
};

function view(record: ApiTokenRecord): Omit<import('@tandem/protocol').ResponseOf<'createToken'>, 'token'> {
    return {
        id: record.id,
        name: record.name,
        scope: record.scope,
        createdAt: new Date(record.createdAtMs).toISOString(),
        expiresAt: new Date(record.expiresAtMs).toISOString(),
        ...(record.lastUsedAtMs === undefined ? {} : { lastUsedAt: new Date(record.lastUsedAtMs).toISOString() }),
    };
}
