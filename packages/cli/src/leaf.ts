import { Command } from 'commander';
import { CommandContext, type CommonOptions } from './command-context.ts';
import type { CliHost } from './host.ts';

/** Called with the command's own options and its arguments in order. */
export type Action<Options> = (context: CommandContext, options: Options & CommonOptions, ...args: string[]) => Promise<void>;

/**
 * A command that does something: with the options all share, and its action in a context.
 *
 * @param nameAndArguments `delete <name>`
 */
export function leaf<Options = object>(
    host: CliHost,
    nameAndArguments: string,
    description: string,
    configure: (command: Command) => void,
    action: Action<Options>,
): Command {
    const [name = '', ...args] = nameAndArguments.split(' ');
    const command = new Command(name).description(description);
    args.forEach((argument) => command.argument(argument));
    configure(command);
    command
        .option('--url <url>', "the portal's address (TANDEM_URL; otherwise the last one signed in to)")
        .option('--json', 'print JSON for programs');
    command.action(async (...given: unknown[]) => {
        const options = command.optsWithGlobals<Options & CommonOptions>();
        const values = given.slice(0, args.length) as string[];
        await action(new CommandContext(host, options), options, ...values);
    });
    return command;
}

/** A command that only holds others. */
export function group(name: string, description: string, leaves: readonly Command[]): Command {
    const command = new Command(name).description(description);
    leaves.forEach((child) => command.addCommand(child));
    return command;
}
