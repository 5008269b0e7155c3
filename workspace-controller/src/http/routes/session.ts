import { AppError } from '@tandem/server-kit';
import { OIDC_PATH } from '@tandem/protocol';
import type { Handlers } from '../api-context.ts';
import { sessionView } from '../session-view.ts';

export const sessionHandlers: Handlers<
    | 'getSignInOptions'
    | 'getSession'
    | 'signInWithPassword'
    | 'signInWithLink'
    | 'beginPasskeySignIn'
    | 'finishPasskeySignIn'
    | 'renewRequestSecret'
    | 'signOut'
> = {
    getSignInOptions: async ({ deps }) => {
        const { oidc } = deps.auth;
        const providers =
            oidc === undefined ? [] : [{ id: oidc.config.id, name: oidc.config.name, url: `${OIDC_PATH}${oidc.config.id}/start` }];
        return { password: true, passkey: true, providers, awaitsFirstAdmin: deps.auth.awaitsFirstAdmin };
    },

    getSession: async ({ deps, user, authentication }) => {
        const { session, token } = authentication;
        const expiresAtMs = token?.expiresAtMs ?? (session === undefined ? deps.clock.now() : deps.auth.sessions.endsAtMs(session));
        return sessionView(deps, user, expiresAtMs);
    },

    signInWithPassword: async ({ deps, body, address, audit, signIn }) => {
        audit.actor = body.email.slice(0, 64);
        audit.detail['method'] = 'password';
        return signIn(await deps.auth.passwords.check(body.email, body.password, address), 'password');
    },

    signInWithLink: async ({ deps, body, audit, signIn }) => {
        audit.detail['method'] = 'link';
        return signIn(await deps.auth.redeemSignInLink(body.token), 'link');
    },

    beginPasskeySignIn: async ({ deps }) => ({ ...(await deps.auth.passkeys.beginSignIn()) }),

    finishPasskeySignIn: async ({ deps, body, audit, signIn }) => {
        audit.detail['method'] = 'passkey';
        const name = await deps.auth.passkeys.finishSignIn(body);
        const user = deps.auth.rights.user(name);
        if (user === undefined) {
            throw new AppError('wrong-credentials', 'The account of this passkey is gone. Ask an admin for an invitation.');
        }
        return signIn(user, 'passkey');
    },

    renewRequestSecret: async ({ deps, user, authentication, requestSecret }) => {
        const { session } = authentication;
        if (session === undefined) {
            throw new AppError('not-signed-in', 'Sign in first.');
        }
        return sessionView(deps, user, deps.auth.sessions.endsAtMs(session), requestSecret(session.id));
    },

    signOut: async ({ deps, authentication, audit, forgetCookie }) => {
        const { session } = authentication;
        if (session !== undefined) {
            audit.target = `User/${session.user}`;
            await deps.auth.sessions.end(session.id, 'You signed out.');
        }
        forgetCookie();
    },
};
