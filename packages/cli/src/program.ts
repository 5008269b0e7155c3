import { Command } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { grantsCommand } from './commands/grants.ts';
import { hostsCommand } from './commands/hosts.ts';
import { loginCommand, logoutCommand, whoamiCommand } from './commands/login.ts';
import { openCommand } from './commands/open.ts';
import { passwordCommand } from './commands/password.ts';
import { portsCommand } from './commands/ports.ts';
import { tokensCommand } from './commands/tokens.ts';
import { usersCommand } from './commands/users.ts';
import { workspacesCommand } from './commands/workspaces.ts';
import { EXIT_CODE_HELP } from './exit-codes.ts';
import type { CliHost } from './host.ts';

/** Every command. */
export function createProgram(host: CliHost, version: string): Command {
    const program = new Command('tandem')
        .description('Workspaces in the browser, from the command line.')
        .version(version)
        .addHelpText('after', EXIT_CODE_HELP)
        .showSuggestionAfterError();
    const commands = [
        loginCommand(host),
        logoutCommand(host),
        whoamiCommand(host),
        passwordCommand(host),
        workspacesCommand(host),
        openCommand(host),
        portsCommand(host),
        usersCommand(host),
        grantsCommand(host),
        tokensCommand(host),
        auditCommand(host),
        backupCommand(host),
        restoreCommand(host),
        hostsCommand(host),
        completionCommand(host),
    ];
    commands.forEach((command) => program.addCommand(command));
    return program.addCommand(completeCommand(host, program), { hidden: true });
}
