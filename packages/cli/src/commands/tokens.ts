import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { API_TOKEN_SCOPES } from '@tandem/protocol';
import type { CliHost } from '../host.ts';
import { group, leaf } from '../leaf.ts';
import { relativeTime, table } from '../output.ts';
import { oneOf, wholeNumber } from '../values.ts';

export const tokensCommand = (host: CliHost): Command =>
    group('tokens', 'API tokens of yours', [
        leaf<{ scope: (typeof API_TOKEN_SCOPES)[number]; days: number }>(
            host,
            'create <name>',
            'make a token; it is printed once and kept nowhere',
            (command) =>
                command
                    .option('--scope <scope>', `what it may do: ${API_TOKEN_SCOPES.join(', ')}`, oneOf(API_TOKEN_SCOPES), 'read')
                    .option('--days <number>', 'how long it lives', wholeNumber(1, 365), 30),
            async (context, options, name = '') => {
                const body = { name, scope: options.scope, expiresInDays: options.days };
                const made = await context.client().createToken({ body, idempotencyKey: randomUUID() });
                await context.print(made, () => `${made.token ?? ''}\n`);
            },
        ),
        leaf(
            host,
            'list',
            'tokens you have',
            () => undefined,
            async (context) => {
                const { items } = await context.client().listTokens();
                const rows = items.map((item) => [
                    item.id,
                    item.name,
                    item.scope,
                    relativeTime(item.expiresAt, host.now()),
                    relativeTime(item.lastUsedAt, host.now()),
                ]);
                await context.print({ items }, () => table(['ID', 'NAME', 'SCOPE', 'ENDS', 'LAST USED'], rows) || 'No tokens.\n');
            },
        ),
        leaf(
            host,
            'delete <id>',
            'revoke a token',
            () => undefined,
            async (context, _options, id = '') => {
                await context.client().deleteToken({ params: { id } });
                await context.print({ id, deleted: true }, () => `${id} is revoked.\n`);
            },
        ),
    ]);
