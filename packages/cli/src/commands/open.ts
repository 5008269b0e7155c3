import type { Command } from 'commander';
import type { CliHost } from '../host.ts';
import { leaf } from '../leaf.ts';
import { openBrowser } from '../open-browser.ts';
import { findWorkspace, paramsOf } from '../workspace-lookup.ts';

/** `tandem open` and `tandem workspaces open` are the same. */
export const openCommand = (host: CliHost): Command =>
    leaf<{ printUrl?: boolean }>(
        host,
        'open <name>',
        'open a workspace in the browser; a hibernated one is resumed',
        (command) => command.option('--print-url', 'print the address instead; it signs one browser in, once, within five minutes'),
        async (context, options, name = '') => {
            const client = context.client();
            const opened = await client.openWorkspace({ params: paramsOf(await findWorkspace(client, name)) });
            const shown = !options.printUrl && !options.json && (await openBrowser(opened.url));
            if (shown) {
                context.note(`Opened ${name} in your browser.`);
                return;
            }
            if (!options.printUrl) {
                context.note('No browser could be started here. Open this address, it works once:');
            }
            await context.print(opened, () => `${opened.url}\n`);
        },
    );
