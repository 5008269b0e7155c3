import { Argument, Command } from 'commander';
import { listAll } from '@tandem/api-client';
import { CommandContext } from '../command-context.ts';
import { SHELLS, completionScript, completionsOf, type Shell } from '../completion.ts';
import type { CliHost } from '../host.ts';

export const completionCommand = (host: CliHost): Command =>
    new Command('completion')
        .description('print what makes your shell complete commands, options and names')
        .addArgument(new Argument('<shell>').choices([...SHELLS]))
        .addHelpText(
            'after',
            `
Examples:
  echo 'source <(tandem completion bash)' >> ~/.bashrc
  echo 'source <(tandem completion zsh)' >> ~/.zshrc
  tandem completion fish > ~/.config/fish/completions/tandem.fish`,
        )
        .action((shell: Shell) => host.write(completionScript(shell)));

/** Hidden: what the scripts above call. Never fails, because a shell would show the failure in the middle of typing. */
export const completeCommand = (host: CliHost, program: Command): Command =>
    new Command('__complete')
        .argument('[words...]')
        .allowUnknownOption()
        .action(async (words: string[]) => {
            const context = new CommandContext(host, {});
            const names = (kind: string) => existingNames(context, kind).catch(() => []);
            const found = await completionsOf(program, words, names);
            await host.write(found.map((name) => `${name}\n`).join(''));
        });

async function existingNames(context: CommandContext, kind: string): Promise<string[]> {
    const client = context.client();
    const signal = AbortSignal.timeout(1_500);
    switch (kind) {
        case 'workspaces':
            return (await listAll((cursor) => client.listWorkspaces({ query: { cursor, limit: 1000 }, signal }))).items.map(nameOf);
        case 'users':
            return (await listAll((cursor) => client.listUsers({ query: { cursor, limit: 1000 }, signal }))).items.map(nameOf);
        case 'grants':
            return (await listAll((cursor) => client.listGrants({ query: { cursor, limit: 1000 }, signal }))).items.map(nameOf);
        case 'tokens':
            return (await client.listTokens({ signal })).items.map(({ id }) => id);
        default:
            return [];
    }
}

const nameOf = (resource: { metadata: { name: string } }): string => resource.metadata.name;
