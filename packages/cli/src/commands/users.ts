import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { listAll } from '@tandem/api-client';
import { TEAM_ROLES } from '@tandem/protocol';
import type { CliHost } from '../host.ts';
import { group, leaf } from '../leaf.ts';
import { table } from '../output.ts';
import { oneOf } from '../values.ts';

export const usersCommand = (host: CliHost): Command =>
    group('users', 'people', [
        leaf(
            host,
            'list',
            'people',
            () => undefined,
            async (context) => {
                const client = context.client();
                const { items } = await listAll((cursor) => client.listUsers({ query: { cursor, limit: 1000 } }));
                const rows = items.map(({ metadata, spec }) => [
                    metadata.name,
                    spec.displayName,
                    spec.email,
                    spec.admin ? 'admin' : 'member',
                    spec.disabled ? 'disabled' : 'active',
                ]);
                await context.print({ items }, () => table(['NAME', 'TITLE', 'E-MAIL', 'ROLE', 'STATE'], rows));
            },
        ),
        leaf<{ name?: string; admin?: boolean; team?: string; role?: (typeof TEAM_ROLES)[number] }>(
            host,
            'invite <email>',
            'make an invitation link for a person',
            (command) =>
                command
                    .option('--name <text>', 'how the person is called')
                    .option('--admin', 'the person becomes an admin')
                    .option('--team <name>', 'team the person joins')
                    .option('--role <role>', `role in that team: ${TEAM_ROLES.join(', ')}`, oneOf(TEAM_ROLES)),
            async (context, options, email = '') => {
                const invitation = await context.client().createInvitation({
                    body: { email, displayName: options.name, admin: options.admin, team: options.team, role: options.role },
                    idempotencyKey: randomUUID(),
                });
                await context.print(invitation, () => `${invitation.url ?? ''}\n`);
                context.note(`Give this link to ${email} by a way that only they read. It works once, until ${invitation.expiresAt}.`);
            },
        ),
        setDisabled(host, 'disable', true, 'sign a person out everywhere and refuse them from now on'),
        setDisabled(host, 'enable', false, 'let a disabled person in again'),
    ]);

const setDisabled = (host: CliHost, verb: string, disabled: boolean, description: string): Command =>
    leaf(
        host,
        `${verb} <name>`,
        description,
        () => undefined,
        async (context, _options, name = '') => {
            const user = await context.client().updateUser({ params: { name }, body: { disabled } });
            await context.print(user, () => `${user.spec.displayName} (${name}) is ${disabled ? 'disabled' : 'active'}.\n`);
        },
    );
