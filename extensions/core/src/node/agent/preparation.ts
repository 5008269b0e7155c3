import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { RepositorySource } from '@tandem/protocol';
import { readJson, writeJson } from './claim-store';
import { applyDotfiles } from './dotfiles';
import { cloneRepository, moveInto } from './git-clone';
import { PrepareFailure } from './git-failure';
import { runCommand } from './run-command';

export interface PrepareRequest {
    source?: RepositorySource;
    dotfiles?: RepositorySource;
    prepareCommand?: string;
}

export interface PrepareProgress {
    stage: 'cloning' | 'preparing';
    percent?: number;
    detail?: string;
}

interface PreparedMark {
    /** `moving`: files of a finished clone are on their way into the project. `done`: nothing is left to do. */
    step: 'moving' | 'cloned' | 'done';
    at: string;
}

export interface PreparationOptions {
    home: string;
    project: string;
    stateFolder: string;
    knownHostsFile: string;
    env: () => NodeJS.ProcessEnv;
}

/**
 * Puts the sources of a new workspace in place, once: clone, dotfiles, prepare command. How far it got is kept on the
 * volume, so that a repeated call, also after a crash, goes on there.
 */
export class Preparation {
    private readonly options: PreparationOptions;
    private readonly markFile: string;
    private running: { controller: AbortController; promise: Promise<void> } | undefined;
    /** What the prepare command and git printed. */
    readonly logFile: string;

    constructor(options: PreparationOptions) {
        this.options = options;
        this.markFile = path.join(options.stateFolder, 'prepared.json');
        this.logFile = path.join(options.stateFolder, 'prepare.log');
    }

    async isDone(): Promise<boolean> {
        return (await this.mark())?.step === 'done';
    }

    /** Resolves when everything is in place; a call while one runs joins it. @throws PrepareFailure */
    run(request: PrepareRequest, onProgress: (progress: PrepareProgress) => void): Promise<void> {
        if (this.running === undefined) {
            const controller = new AbortController();
            const promise = this.runAll(request, onProgress, controller.signal).finally(() => (this.running = undefined));
            this.running = { controller, promise };
        }
        return this.running.promise;
    }

    /** Ends a preparation that runs; its `run` fails with `cancelled`. */
    cancel(): void {
        this.running?.controller.abort();
    }

    private async runAll(request: PrepareRequest, onProgress: (progress: PrepareProgress) => void, signal: AbortSignal): Promise<void> {
        const mark = await this.mark();
        if (mark?.step === 'done') {
            return;
        }
        await mkdir(this.options.project, { recursive: true });
        if (mark?.step !== 'cloned' && request.source !== undefined) {
            await this.clone(request.source, mark, onProgress, signal);
        }
        await this.setMark('cloned');
        if (request.dotfiles !== undefined) {
            onProgress({ stage: 'preparing', detail: 'Dotfiles' });
            await applyDotfiles(request.dotfiles, { ...this.options, env: this.options.env(), signal, log: (text) => this.log(text) });
        }
        if (request.prepareCommand !== undefined && request.prepareCommand.trim() !== '') {
            await this.prepareCommand(request.prepareCommand, onProgress, signal);
        }
        await this.setMark('done');
    }

    private async clone(
        source: RepositorySource,
        mark: PreparedMark | undefined,
        onProgress: (progress: PrepareProgress) => void,
        signal: AbortSignal,
    ): Promise<void> {
        const { project, stateFolder } = this.options;
        if (mark?.step === 'moving') {
            await empty(project);
        }
        if ((await readdir(project)).length > 0) {
            throw new PrepareFailure('internal', 'The project folder has files already. Move them out of it, then try again.');
        }
        onProgress({ stage: 'cloning', percent: 0 });
        const scratch = path.join(stateFolder, 'clone', 'project');
        const report = throttled(onProgress);
        await cloneRepository({
            source,
            scratch,
            env: this.options.env(),
            knownHostsFile: this.options.knownHostsFile,
            signal,
            onProgress: (progress) => report({ stage: 'cloning', ...progress }),
            log: (text) => void this.log(text),
            whenCloned: async () => {
                await this.setMark('moving');
                await moveInto(scratch, project);
            },
        });
    }

    private async prepareCommand(command: string, onProgress: (progress: PrepareProgress) => void, signal: AbortSignal): Promise<void> {
        onProgress({ stage: 'preparing', detail: command.slice(0, 200) });
        await this.log(`$ ${command}`);
        const report = throttled(onProgress);
        const env = this.options.env();
        const shell = env['SHELL'] ?? '/bin/sh';
        const { code, output, ended } = await runCommand(shell, ['-l', '-c', command], {
            cwd: this.options.project,
            env: { ...env, CI: '1' },
            signal,
            onOutput: (chunk) => {
                void this.log(chunk, '');
                const line =
                    chunk
                        .trimEnd()
                        .split(/[\r\n]/)
                        .at(-1) ?? '';
                report({ stage: 'preparing', detail: stripControls(line).slice(0, 200) });
            },
        });
        if (ended === 'cancelled') {
            throw new PrepareFailure('cancelled', 'Cancelled.', output.slice(-16_000));
        }
        if (code !== 0) {
            throw new PrepareFailure(
                'prepare-command',
                `The template's prepare command ended with exit code ${code}. Its output is below.`,
                output.slice(-16_000),
            );
        }
    }

    private mark(): Promise<PreparedMark | undefined> {
        return readJson<PreparedMark>(this.markFile);
    }

    private setMark(step: PreparedMark['step']): Promise<void> {
        return writeJson(this.markFile, { step, at: new Date().toISOString() } satisfies PreparedMark);
    }

    private async log(text: string, end = '\n'): Promise<void> {
        await mkdir(this.options.stateFolder, { recursive: true, mode: 0o700 });
        await appendFile(this.logFile, text + end).catch(() => undefined);
    }
}

async function empty(folder: string): Promise<void> {
    if (existsSync(folder)) {
        await Promise.all((await readdir(folder)).map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
    }
}

/** At most four reports a second; the last of a burst may be left out. */
function throttled<T>(report: (value: T) => void): (value: T) => void {
    let last = 0;
    return (value) => {
        const now = performance.now();
        if (now - last >= 250) {
            last = now;
            report(value);
        }
    };
}

/** Colours and cursor movements are nothing for one line of progress. */
function stripControls(text: string): string {
    return stripVTControlCharacters(text)
        .replace(/\p{Cc}/gu, ' ')
        .trim();
}
