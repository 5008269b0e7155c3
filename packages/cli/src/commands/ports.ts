import type { Command } from 'commander';
import { PORT_AUDIENCES, type PortAudience } from '@tandem/protocol';
import type { CliHost } from '../host.ts';
import { group, leaf } from '../leaf.ts';
import { relativeTime, table } from '../output.ts';
import { duration, oneOf, wholeNumber } from '../values.ts';
import { findWorkspace, paramsOf } from '../workspace-lookup.ts';

const portNumber = wholeNumber(1, 65_535);

export const portsCommand = (host: CliHost): Command =>
    group('ports', 'ports that programs in a workspace listen on', [
        leaf(
            host,
            'list <name>',
            'ports, their addresses, and with whom they are shared',
            () => undefined,
            async (context, _options, name = '') => {
                const client = context.client();
                const { items } = await client.listPorts({ params: paramsOf(await findWorkspace(client, name)) });
                const rows = items.map((item) => [
                    String(item.port),
                    item.process || '(nothing listens)',
                    item.audience ?? 'private',
                    relativeTime(item.expiresAt, host.now()),
                    item.url,
                ]);
                await context.print(
                    { items },
                    () => table(['PORT', 'PROGRAM', 'SHARED WITH', 'ENDS', 'ADDRESS'], rows) || 'No program listens on a port.\n',
                );
            },
        ),
        leaf<{ with: PortAudience; for?: number }>(
            host,
            'share <name> <port>',
            'let others use a port; all others stay private',
            (command) =>
                command
                    .requiredOption('--with <who>', `who may use it: ${PORT_AUDIENCES.join(', ')}`, oneOf(PORT_AUDIENCES))
                    .option('--for <duration>', 'how long, such as 30m, 8h or 7d (otherwise until you take it back)', duration),
            async (context, options, name = '', port = '') => {
                const client = context.client();
                const shared = await client.sharePort({
                    params: { ...paramsOf(await findWorkspace(client, name)), port: String(portNumber(port)) },
                    body: { audience: options.with, minutes: options.for },
                });
                await context.print(shared, () => `${shared.url}\n`);
            },
        ),
        leaf(
            host,
            'unshare <name> <port>',
            'make a port private again; what others have open on it closes',
            () => undefined,
            async (context, _options, name = '', port = '') => {
                const client = context.client();
                const number = portNumber(port);
                await client.unsharePort({ params: { ...paramsOf(await findWorkspace(client, name)), port: String(number) } });
                await context.print({ port: number, shared: false }, () => `Port ${number} is private.\n`);
            },
        ),
    ]);
