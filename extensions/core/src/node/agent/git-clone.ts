import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RepositorySource } from '@tandem/protocol';
import { lineSplitter, parseCloneProgress, type CloneProgress } from './clone-progress';
import { unknownHostReason } from './ssh-host-key';
import { sshCommand } from './git-identity';
import { classifyGitFailure, gitFailureReason, PrepareFailure, withoutSecret } from './git-failure';
import { gitEnvironment, runCommand, type CommandResult } from './run-command';

/** Git prints progress several times a second; this long without any is a dead connection. */
const SILENCE_MS = 120_000;
/** Nobody is there to answer a question. */
const SSH_OPTIONS = ['-o BatchMode=yes', '-o StrictHostKeyChecking=yes', '-o ConnectTimeout=20'];
const COMMIT = /^[0-9a-f]{7,64}$/i;

export interface CloneOptions {
    source: RepositorySource;
    /** Where to clone to; removed at the end. On the disk of the project. */
    scratch: string;
    /** Takes the finished work tree out of `scratch`. */
    whenCloned: () => Promise<void>;
    env: NodeJS.ProcessEnv;
    /** Host keys to trust. */
    knownHostsFile: string;
    signal: AbortSignal;
    onProgress: (progress: CloneProgress) => void;
    log: (text: string) => void;
    silenceMs?: number;
}

/**
 * Clones into a scratch folder and hands over the finished work tree: nobody sees half a clone, and what a failed one
 * leaves is removed.
 *
 * @throws PrepareFailure
 */
export async function cloneRepository(options: CloneOptions): Promise<void> {
    const { source, scratch } = options;
    await rm(scratch, { recursive: true, force: true });
    await mkdir(path.dirname(scratch), { recursive: true, mode: 0o700 });
    try {
        // What looks like a commit may still be a branch's name: `checkout` knows both, `--branch` only branches and tags.
        const byCheckout = source.ref !== undefined && COMMIT.test(source.ref);
        const selection = source.ref === undefined ? [] : byCheckout ? ['--no-checkout'] : [`--branch=${source.ref}`];
        await git(options, ['clone', '--progress', ...selection, '--', source.url, scratch], path.dirname(scratch));
        if (byCheckout) {
            await git(options, ['checkout', '--progress', source.ref!, '--'], scratch);
        }
        await options.whenCloned();
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

/** Moves all entries of a folder, `.git` last. The target stays the same folder, so that watchers of it keep seeing. */
export async function moveInto(from: string, to: string): Promise<void> {
    const names = (await readdir(from)).sort((a, b) => Number(a === '.git') - Number(b === '.git'));
    for (const name of names) {
        await rename(path.join(from, name), path.join(to, name));
    }
}

async function git(options: CloneOptions, args: readonly string[], cwd: string): Promise<void> {
    const { source, signal } = options;
    const onLine = lineSplitter((line) => {
        const progress = parseCloneProgress(line);
        if (progress === undefined) {
            options.log(withoutSecret(line));
        } else {
            options.onProgress(progress);
        }
    });
    options.log(`$ git ${args.map(withoutSecret).join(' ')}`);
    const result = await runCommand('git', args, {
        cwd,
        env: gitEnvironment(options.env, sshCommand(options.knownHostsFile, SSH_OPTIONS)),
        signal,
        onOutput: onLine,
        silenceMs: options.silenceMs ?? SILENCE_MS,
    });
    if (result.code !== 0 || result.ended !== 'itself') {
        const code = failureCode(result);
        const reason =
            code === 'git-host-key'
                ? await unknownHostReason(source.url, result.output, options)
                : gitFailureReason(code, source.url, source.ref);
        throw new PrepareFailure(code, reason, lastLines(result.output));
    }
}

function failureCode({ ended, output }: CommandResult): PrepareFailure['code'] {
    return ended === 'cancelled' ? 'cancelled' : ended === 'silent' ? 'git-unreachable' : classifyGitFailure(output);
}

/** Without progress lines, which would be most of it. */
export function lastLines(output: string): string {
    const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== '' && parseCloneProgress(line) === undefined);
    return lines.map(withoutSecret).join('\n').slice(-16_000);
}
