import { spawn } from 'node:child_process';

export interface CommandOptions {
    cwd: string;
    env: NodeJS.ProcessEnv;
    signal?: AbortSignal;
    onOutput?: (chunk: string) => void;
    /** Ended when it prints nothing for this long, in milliseconds. */
    silenceMs?: number;
    /** Ended after this long, in milliseconds. */
    timeoutMs?: number;
}

export interface CommandResult {
    code: number;
    /** The end of what it printed on both outputs. */
    output: string;
    ended: 'itself' | 'cancelled' | 'silent' | 'timeout';
}

const KEPT_CHARACTERS = 64 * 1024;

/** Runs a program without a terminal and without input, as a process group that is ended as a whole. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
    return new Promise((resolve) => {
        const child = spawn(program, args, { cwd: options.cwd, env: options.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        let output = '';
        let ended: CommandResult['ended'] = 'itself';
        let silence: NodeJS.Timeout | undefined;
        const end = (why: CommandResult['ended']): void => {
            ended = why;
            try {
                process.kill(-child.pid!, 'SIGKILL');
            } catch {
                child.kill('SIGKILL');
            }
        };
        const listen = (): void => {
            clearTimeout(silence);
            if (options.silenceMs !== undefined) {
                silence = setTimeout(() => end('silent'), options.silenceMs);
            }
        };
        const cancel = (): void => end('cancelled');
        const timeout = options.timeoutMs === undefined ? undefined : setTimeout(() => end('timeout'), options.timeoutMs);
        const take = (chunk: string): void => {
            listen();
            output = (output + chunk).slice(-KEPT_CHARACTERS);
            options.onOutput?.(chunk);
        };
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8');
            stream.on('data', take);
        }
        const finish = (code: number): void => {
            clearTimeout(silence);
            clearTimeout(timeout);
            options.signal?.removeEventListener('abort', cancel);
            resolve({ code, output, ended });
        };
        child.once('error', (error) => {
            output += error.message;
            finish(127);
        });
        child.once('close', (code) => finish(code ?? 1));
        options.signal?.addEventListener('abort', cancel);
        listen();
        if (options.signal?.aborted) {
            cancel();
        }
    });
}

/**
 * Environment in which git never asks and speaks the language that its failures are told apart by.
 *
 * @param ssh how git runs SSH, when it may need to
 */
export function gitEnvironment(environment: NodeJS.ProcessEnv, ssh?: string): NodeJS.ProcessEnv {
    return {
        ...environment,
        LC_ALL: 'C',
        GIT_TERMINAL_PROMPT: '0',
        GIT_ASKPASS: 'true',
        SSH_ASKPASS: 'true',
        SSH_ASKPASS_REQUIRE: 'never',
        ...(ssh === undefined ? {} : { GIT_SSH_COMMAND: environment['GIT_SSH_COMMAND'] ?? ssh }),
        GIT_ALLOW_PROTOCOL: 'http:https:ssh:git:file',
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_0: 'http.lowSpeedLimit',
        GIT_CONFIG_VALUE_0: '500',
        GIT_CONFIG_KEY_1: 'http.lowSpeedTime',
        GIT_CONFIG_VALUE_1: '60',
    };
}
