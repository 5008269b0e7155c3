import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { listAll } from '@tandem/api-client';
import { DEFAULT_CONTENT_DOMAIN, DEFAULT_PORTAL_HOST, PORT_HOST_SEPARATOR, STATIC_HOST_LABEL } from '@tandem/protocol';
import type { CommandContext } from '../command-context.ts';
import { resolveTarget } from '../credentials.ts';
import { CliError } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { hostsLines, withHostsBlock } from '../hosts-file.ts';
import { leaf } from '../leaf.ts';
import { paramsOf } from '../workspace-lookup.ts';

interface HostsOptions {
    write?: boolean;
    remove?: boolean;
    file: string;
}

export const hostsCommand = (host: CliHost): Command =>
    leaf<HostsOptions>(
        host,
        'hosts',
        'lines for the hosts file, for browsers that do not resolve *.localhost (Safari)',
        (command) =>
            command
                .option('--write', 'put them into the hosts file (needs its rights: sudo -E tandem hosts --write)')
                .option('--remove', 'take them out again')
                .option('--file <path>', 'the hosts file', '/etc/hosts')
                .addHelpText('after', '\nRun it again when you have made a workspace or opened a port: every one has a name of its own.'),
        async (context, options) => {
            if (options.remove) {
                change(options.file, []);
                await context.print({ file: options.file, names: [] }, () => `Removed from ${options.file}.\n`);
                return;
            }
            const names = await namesOf(context);
            const lines = hostsLines(names);
            if (options.write) {
                change(options.file, lines);
            }
            await context.print({ names, lines }, () =>
                options.write ? `${names.length} names are in ${options.file}.\n` : `${lines.join('\n')}\n`,
            );
        },
    );

async function namesOf(context: CommandContext): Promise<string[]> {
    const { origin } = resolveTarget(context.host.env, context.options.url);
    if (new URL(origin).hostname !== DEFAULT_PORTAL_HOST) {
        throw new CliError(`${origin} has names in DNS; the hosts file is for ${DEFAULT_PORTAL_HOST} only.`);
    }
    const client = context.client();
    const { items } = await listAll((cursor) => client.listWorkspaces({ query: { cursor, limit: 1000 } }));
    const labels: string[] = [STATIC_HOST_LABEL];
    for (const workspace of items) {
        labels.push(workspace.metadata.name);
        if (workspace.status.state === 'running') {
            // Somebody else's workspace does not tell its ports; its own name is enough then.
            const ports = await client.listPorts({ params: paramsOf(workspace) }).catch(() => ({ items: [] }));
            labels.push(...ports.items.map(({ port }) => `${port}${PORT_HOST_SEPARATOR}${workspace.metadata.name}`));
        }
    }
    return [DEFAULT_PORTAL_HOST, ...labels.map((label) => `${label}.${DEFAULT_CONTENT_DOMAIN}`)];
}

function change(file: string, lines: readonly string[]): void {
    try {
        writeFileSync(file, withHostsBlock(readFileSync(file, 'utf8'), lines));
    } catch (error) {
        throw new CliError(
            `${file} cannot be changed: ${(error as Error).message}. Run it with sudo -E, or copy the lines of "tandem hosts" into it.`,
        );
    }
}
