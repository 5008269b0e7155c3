import type { Command } from 'commander';
import { listAll } from '@tandem/api-client';
import { TEAM_NAMESPACE_PREFIX } from '@tandem/protocol';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { group, leaf } from '../leaf.ts';
import { relativeTime, table } from '../output.ts';

export const grantsCommand = (host: CliHost): Command =>
    group('grants', 'who may use whose workspace', [
        leaf(
            host,
            'list',
            'grants you gave or got',
            () => undefined,
            async (context) => {
                const client = context.client();
                const { items } = await listAll((cursor) => client.listGrants({ query: { cursor, limit: 1000 } }));
                const rows = items.map(({ metadata, spec, status }) => [
                    metadata.name,
                    spec.workspaceRef,
                    spec.subject,
                    spec.run ? `${spec.role} + run` : spec.role,
                    status.state,
                    relativeTime(spec.expiresAt, host.now()),
                ]);
                await context.print(
                    { items },
                    () => table(['NAME', 'WORKSPACE', 'PERSON', 'ROLE', 'STATE', 'ENDS'], rows) || 'No grants.\n',
                );
            },
        ),
        leaf(
            host,
            'revoke <name>',
            'take a grant back; what is open through it closes at once',
            () => undefined,
            async (context, _options, name = '') => {
                const client = context.client();
                const { items } = await listAll((cursor) => client.listGrants({ query: { cursor, limit: 1000 } }));
                const grant = items.find(({ metadata }) => metadata.name === name);
                if (grant === undefined) {
                    throw new CliError(
                        `There is no grant "${name}" that you gave or got. "tandem grants list" shows them.`,
                        EXIT_CODES.notFound,
                    );
                }
                const team = grant.metadata.namespace.slice(TEAM_NAMESPACE_PREFIX.length);
                await client.revokeGrant({ params: { team, name } });
                await context.print({ name, revoked: true }, () => `${name} is revoked.\n`);
            },
        ),
    ]);
