import type { Command } from 'commander';
import type { CliHost } from '../host.ts';
import { leaf } from '../leaf.ts';

export const passwordCommand = (host: CliHost): Command =>
    leaf<{ current?: string }>(
        host,
        'password',
        'set your password; it is read from standard input',
        (command) =>
            command.addHelpText(
                'after',
                '\nThe first line is the new password. When you have one already, the second line is the one you have.',
            ),
        async (context) => {
            if (host.stdin.isTTY) {
                context.note('Type the new password, Enter, then Ctrl-D. It is shown while you type.');
            }
            const [password = '', current] = (await context.readStdin()).split('\n').map((line) => line.replace(/\r$/, ''));
            await context.client().setPassword({ body: { password, current } });
            await context.print({ changed: true }, () => 'Your password is set.\n');
        },
    );
