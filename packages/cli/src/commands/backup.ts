import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { leaf } from '../leaf.ts';
import { saveStream } from '../save-stream.ts';

export const backupCommand = (host: CliHost): Command =>
    leaf<{ homes: boolean }>(
        host,
        'backup <file>',
        'a consistent copy of everything the platform keeps, taken while it runs ("-": to standard output; admins)',
        (command) =>
            command
                .option('--no-homes', 'without the files of workspaces')
                .addHelpText('after', '\nThe file holds all secrets of the platform: keep it as safe as the machine itself.'),
        async (context, options, file = '') => {
            const query = { homes: options.homes };
            const stream = await context.client().createBackup({ query, signal: host.signal });
            const bytes = await saveStream(context, stream, file);
            if (file !== '-') {
                await context.print({ file: resolve(file), bytes }, () => `${file}: ${Math.ceil(bytes / 1024).toLocaleString('en')} KiB\n`);
            }
        },
    );

/** Restoring is the platform's own work, on its machine and while it is stopped; this finds it and runs it. */
export const restoreCommand = (host: CliHost): Command =>
    leaf<{ data: string }>(
        host,
        'restore <file>',
        'unpack a backup into an empty data directory, on the machine of the platform',
        (command) => command.requiredOption('--data <directory>', 'the empty data directory'),
        async (context, options, file = '') => {
            if (!existsSync(file)) {
                throw new CliError(`There is no file ${file}.`, EXIT_CODES.notFound);
            }
            const program = findPlatform();
            if (program === undefined) {
                throw new CliError(
                    `The platform is not installed beside this command. In its folder run: npm start -- --data ${options.data} restore ${file}`,
                );
            }
            const child = spawn(process.execPath, [program, '--data', resolve(options.data), 'restore', resolve(file)], {
                stdio: ['ignore', 'pipe', 'pipe'],
            });
            let output = '';
            child.stdout.on('data', (chunk) => (output += String(chunk)));
            child.stderr.on('data', (chunk) => (output += String(chunk)));
            const code = await new Promise<number | null>((settle, reject) => child.on('error', reject).on('close', settle));
            if (code !== 0) {
                throw new CliError(output.trim() || `Restoring ended with ${code}.`);
            }
            await context.print({ data: resolve(options.data), restored: true }, () => output || `Restored into ${options.data}.\n`);
        },
    );

function findPlatform(): string | undefined {
    try {
        const manifest = createRequire(import.meta.url).resolve('@tandem/platform/package.json');
        return join(dirname(manifest), 'bin', 'tandem-platform.mjs');
    } catch {
        return undefined;
    }
}
