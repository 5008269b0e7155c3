import type { WorkspaceMessage } from '@tandem/protocol';
import { readGitStatus, type GitStatus } from './git-status';
import { runCommand } from './run-command';
import { TerminalJobs, terminalProcesses } from './terminal-jobs';

type Activity = Extract<WorkspaceMessage, { type: 'activity' }>;

const PERIOD_MS = 15_000;
const GIT_PERIOD_MS = 30_000;
const DISK_PERIOD_MS = 10 * 60_000;
const DISK_TIMEOUT_MS = 60_000;
/** Files change on disk a moment after the last key, too. */
const ACTIVE_WITHIN_MS = 5 * 60_000;

export interface ActivityMonitorOptions {
    home: string;
    project: string;
    env: () => NodeJS.ProcessEnv;
    send: (activity: Activity) => void;
    taskRunning: () => boolean;
    connections: () => number;
    now?: () => number;
}

/** Gathers what keeps a workspace awake, and reports it every 15 seconds and when something starts or ends. */
export class ActivityMonitor {
    private readonly options: ActivityMonitorOptions;
    private readonly now: () => number;
    private readonly jobs = new TerminalJobs();
    private readonly debugging = new Set<unknown>();
    private lastInputMs: number | undefined;
    private git: GitStatus | undefined;
    private gitReadMs = Number.NEGATIVE_INFINITY;
    private diskMiB: number | undefined;
    private diskReadMs = Number.NEGATIVE_INFINITY;
    private timer: NodeJS.Timeout | undefined;
    private gathering: Promise<void> | undefined;
    private again = false;

    constructor(options: ActivityMonitorOptions) {
        this.options = options;
        this.now = options.now ?? Date.now;
    }

    start(): void {
        this.timer = setInterval(() => void this.report(), PERIOD_MS);
        this.timer.unref();
    }

    dispose(): void {
        clearInterval(this.timer);
    }

    /** A key or pointer was used in a page. */
    noteInput(): void {
        const wasIdle = this.lastInputMs === undefined || this.now() - this.lastInputMs > PERIOD_MS;
        this.lastInputMs = this.now();
        if (wasIdle) {
            void this.report();
        }
    }

    /** @param page whose debug sessions started or ended */
    noteDebugging(page: unknown, debugging: boolean): void {
        if (this.debugging.has(page) !== debugging) {
            this.debugging[debugging ? 'add' : 'delete'](page);
            void this.report();
        }
    }

    /** Looks again at the repository at the next report. */
    refreshGit(): void {
        this.gitReadMs = Number.NEGATIVE_INFINITY;
        void this.report();
    }

    /** Gathers and sends; a call while one is on its way leads to one more. */
    report(): Promise<void> {
        if (this.gathering !== undefined) {
            this.again = true;
            return this.gathering;
        }
        this.gathering = this.gather()
            .catch(() => undefined)
            .finally(() => {
                this.gathering = undefined;
                if (this.again) {
                    this.again = false;
                    void this.report();
                }
            });
        return this.gathering;
    }

    private async gather(): Promise<void> {
        const jobs = this.jobs.next(await terminalProcesses(), this.now());
        const sinceInputMs = this.lastInputMs === undefined ? undefined : this.now() - this.lastInputMs;
        const active = jobs.length > 0 || (sinceInputMs !== undefined && sinceInputMs < ACTIVE_WITHIN_MS);
        const never = this.gitReadMs === Number.NEGATIVE_INFINITY;
        if (never || (active && this.now() - this.gitReadMs >= GIT_PERIOD_MS)) {
            this.gitReadMs = this.now();
            this.git = await readGitStatus(this.options.project, this.options.env());
        }
        if (this.now() - this.diskReadMs >= DISK_PERIOD_MS && (never || active)) {
            this.diskReadMs = this.now();
            // Large homes take a while; the next report tells.
            void this.readDisk();
        }
        this.options.send({
            type: 'activity',
            sinceInputMs,
            jobs,
            taskRunning: this.options.taskRunning(),
            debugRunning: this.debugging.size > 0,
            connections: this.options.connections(),
            branch: this.git?.branch?.slice(0, 256),
            uncommittedFiles: this.git?.uncommittedFiles,
            diskMiB: this.diskMiB,
        });
    }

    private async readDisk(): Promise<void> {
        const { code, output } = await runCommand('nice', ['-n', '19', 'du', '-sk', this.options.home], {
            cwd: this.options.home,
            env: this.options.env(),
            timeoutMs: DISK_TIMEOUT_MS,
        });
        const usedKiB = Number.parseInt(output.trim().split('\n').at(-1) ?? '', 10);
        if (code === 0 && Number.isFinite(usedKiB)) {
            this.diskMiB = Math.ceil(usedKiB / 1024);
        }
    }
}
