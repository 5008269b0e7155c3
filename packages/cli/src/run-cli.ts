import { readFileSync } from 'node:fs';
import { isApiError } from '@tandem/api-client';
import { CommanderError, type Command } from 'commander';
import { EXIT_CODES, exitCodeOf, type ExitCode } from './exit-codes.ts';
import type { CliHost } from './host.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command.
 *
 * @param args without the program's name
 * @returns the exit code; what went wrong was told on the error output (with `--json` as a problem object)
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<ExitCode> {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    const program = createProgram(host, version);
    let written: Promise<unknown> = Promise.resolve();
    forEachCommand(program, (command) =>
        command.exitOverride().configureOutput({
            writeOut: (text) => {
                written = written.then(() => host.write(text));
            },
            writeErr: (text) => host.writeError(text),
        }),
    );
    try {
        await program.parseAsync([...args], { from: 'user' });
        return EXIT_CODES.ok;
    } catch (error) {
        await written;
        if (error instanceof CommanderError) {
            return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
        }
        report(error, host, args.includes('--json'));
        return exitCodeOf(error);
    }
}

function report(error: unknown, host: CliHost, json: boolean): void {
    const message = error instanceof Error ? error.message : String(error);
    if (json) {
        const problem = isApiError(error) ? error.problem : { title: message, detail: message, exitCode: exitCodeOf(error) };
        host.writeError(`${JSON.stringify(problem)}\n`);
        return;
    }
    if (host.signal.aborted) {
        host.writeError('Cancelled.\n');
        return;
    }
    const code = isApiError(error) ? ` (${error.code})` : '';
    host.writeError(`${message}${code}\n`);
    if (isApiError(error, 'not-signed-in')) {
        host.writeError('Your token has ended or was revoked: run "tandem login" again.\n');
    }
}

function forEachCommand(command: Command, apply: (command: Command) => void): void {
    apply(command);
    command.commands.forEach((child) => forEachCommand(child, apply));
}
