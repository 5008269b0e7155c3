import type { Command } from 'commander';
import type { CliHost } from '../host.ts';
import { leaf } from '../leaf.ts';
import { table } from '../output.ts';
import { findWorkspace, paramsOf } from '../workspace-lookup.ts';

export const portsCommand = (host: CliHost): Command =>
    leaf(
        host,
        'ports <name>',
        'ports that programs in a workspace listen on, with their addresses',
        () => undefined,
        async (context, _options, name = '') => {
            const client = context.client();
            const { items } = await client.listPorts({ params: paramsOf(await findWorkspace(client, name)) });
            const rows = items.map((item) => [String(item.port), item.process, item.url]);
            await context.print({ items }, () => table(['PORT', 'PROGRAM', 'ADDRESS'], rows) || 'No program listens on a port.\n');
        },
    );
