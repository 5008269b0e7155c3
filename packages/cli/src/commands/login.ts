import type { Command } from 'commander';
import { API_TOKEN_SCOPES, type User } from '@tandem/protocol';
import type { CommandContext } from '../command-context.ts';
import { credentialPath, readCredentials, resolveTarget, writeCredentials } from '../credentials.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { leaf } from '../leaf.ts';
import { signInWithLink } from '../sign-in.ts';
import { oneOf, wholeNumber } from '../values.ts';

type Scope = (typeof API_TOKEN_SCOPES)[number];

interface LoginOptions {
    token?: string | true;
    scope?: Scope;
    days: number;
}

export const loginCommand = (host: CliHost): Command =>
    leaf<LoginOptions>(
        host,
        'login [link]',
        'sign in with a sign-in link, or with an API token',
        (command) =>
            command
                .option(
                    '--token [token]',
                    'use this API token (made in the portal under Account); without a value it is read from standard input',
                )
                .option(
                    '--scope <scope>',
                    `what the token made from a link may do: ${API_TOKEN_SCOPES.join(', ')}`,
                    oneOf(API_TOKEN_SCOPES),
                )
                .option('--days <number>', 'how long the token made from a link lives', wholeNumber(1, 365), 90)
                .addHelpText(
                    'after',
                    `
The platform prints a sign-in link when it starts for the first time. It works once: here a token is made with it.
The token is kept in ${credentialPath(host.env)}, readable by you only.

Examples:
  tandem login 'http://tandem.localhost:7400/sign-in#token=…'
  tandem login --url https://tandem.example.com --token < token.txt`,
                ),
        async (context, options, link) => {
            if (link !== undefined && options.token !== undefined) {
                throw new CliError('Give a sign-in link or --token, not both.', EXIT_CODES.usage);
            }
            if (options.token !== undefined) {
                const { origin } = resolveTarget(host.env, options.url);
                await keep(context, origin, options.token === true ? await context.readStdin() : options.token);
                return;
            }
            const given = link ?? (await context.ask('Paste a sign-in link: ', 'Give a sign-in link, or --token.'));
            await withLink(context, given, options);
        },
    );

async function withLink(context: CommandContext, link: string, options: LoginOptions): Promise<void> {
    const { origin, session, client } = await signInWithLink(link, context.host.fetch);
    const scope: Scope = options.scope ?? (session.user.admin ? 'admin' : 'write');
    const made = await client.createToken({
        body: { name: `tandem on ${context.host.hostname}`.slice(0, 80), scope, expiresInDays: options.days },
    });
    // The link's session was needed for this one call only.
    await client.signOut();
    if (made.token === undefined) {
        throw new CliError(`${origin} made a token and did not say which. Make one in the portal and run "tandem login --token".`);
    }
    await keep(context, origin, made.token, made);
    if (!session.hasCredential) {
        context.note('The link is used up and you have no password or passkey yet. "tandem password" sets a password.');
    }
}

/** Keeps the token once it was seen to work. */
async function keep(context: CommandContext, origin: string, token: string, made?: { id: string; expiresAt: string }): Promise<void> {
    if (token === '') {
        throw new CliError('The token is empty.', EXIT_CODES.usage);
    }
    const me: User = await context.clientOf(origin, token).getMe();
    const file = readCredentials(context.host.env);
    file.current = origin;
    file.tokens[origin] = { token, user: me.metadata.name, id: made?.id, expiresAt: made?.expiresAt };
    writeCredentials(context.host.env, file);
    await context.print(
        { url: origin, user: me.metadata.name, expiresAt: made?.expiresAt },
        () => `Signed in to ${origin} as ${me.spec.displayName} (${me.metadata.name}).\n`,
    );
}

export const logoutCommand = (host: CliHost): Command =>
    leaf(
        host,
        'logout',
        'forget the token, and revoke it when it was made by "tandem login"',
        () => undefined,
        async (context, options) => {
            const { origin } = resolveTarget({ ...host.env, TANDEM_TOKEN: undefined }, options.url);
            const file = readCredentials(host.env);
            const kept = file.tokens[origin];
            if (kept === undefined) {
                throw new CliError(`You are not signed in to ${origin}.`, EXIT_CODES.notSignedIn);
            }
            delete file.tokens[origin];
            file.current = file.current === origin ? Object.keys(file.tokens)[0] : file.current;
            writeCredentials(host.env, file);
            let revoked = false;
            if (kept.id !== undefined) {
                revoked = await context
                    .clientOf(origin, kept.token)
                    .deleteToken({ params: { id: kept.id } })
                    .then(
                        () => true,
                        () => false,
                    );
                if (!revoked) {
                    context.note(
                        `The token could not be revoked; it ends ${kept.expiresAt ?? 'by itself'}. The portal can revoke it under Account.`,
                    );
                }
            }
            await context.print({ url: origin, revoked }, () => `Signed out of ${origin}.\n`);
        },
    );

export const whoamiCommand = (host: CliHost): Command =>
    leaf(
        host,
        'whoami',
        'who you are signed in as, and where',
        () => undefined,
        async (context, options) => {
            const me = await context.client().getMe();
            const { origin } = resolveTarget(host.env, options.url);
            await context.print(
                { url: origin, user: me },
                () => `${me.spec.displayName} <${me.spec.email}> (${me.metadata.name}${me.spec.admin ? ', admin' : ''}) at ${origin}\n`,
            );
        },
    );
