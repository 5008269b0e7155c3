import { spawn } from 'node:child_process';

/**
 * Runs a command to its end; its output is shown only when it fails, or as it comes with `show`.
 * @throws Error with the command and the end of its output
 */
export function run(command, args, options = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, {
            cwd: options.cwd,
            env: { ...process.env, ...options.env },
            stdio: options.show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        const keep = (chunk) => {
            output = (output + chunk).slice(-20_000);
            options.onOutput?.(String(chunk));
        };
        child.stdout?.on('data', keep);
        child.stderr?.on('data', keep);
        child.on('error', reject);
        child.on('close', (code, signal) => {
            if (code === 0) {
                resolve(output);
            } else {
                reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}\n${output}`));
            }
        });
    });
}

/** Node of this project, whatever the machine has. */
export const node = process.execPath;
