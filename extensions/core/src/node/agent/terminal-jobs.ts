import { readdir, readFile } from 'node:fs/promises';

/** A process that has a terminal, as `/proc` shows it. */
export interface TerminalProcess {
    pid: number;
    group: number;
    session: number;
    /** Group that has the terminal's foreground. */
    foreground: number;
    /** CPU time used by it and its ended children, in clock ticks. */
    ticks: number;
    /** Bytes it has written, wherever to: terminal, files, sockets. */
    written: number;
    command: string;
}

/** Usage of a foreground group at one moment. */
interface Usage {
    ticks: number;
    written: number;
}

/** Clock ticks of Linux's user interface are 10 ms on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
/** An idle development server stays far below. */
const MIN_CPU_SHARE = 0.01;
const MAX_COMMAND_CHARACTERS = 128;
const MAX_JOBS = 16;

/**
 * Tells jobs at work from those that wait: a foreground job counts when it used CPU or wrote anything since the last
 * look. A shell at its prompt is no job, nor is an idle server, `vim` or `tail -f`.
 */
export class TerminalJobs {
    private earlier = new Map<number, Usage>();
    private lookedAtMs: number | undefined;

    /** @returns command lines of the jobs at work */
    next(processes: readonly TerminalProcess[], nowMs: number): string[] {
        const seconds = this.lookedAtMs === undefined ? 0 : (nowMs - this.lookedAtMs) / 1000;
        const groups = new Map<number, Usage & { command: string }>();
        for (const info of processes) {
            // The foreground of the session's own group is the shell waiting for input.
            if (info.group !== info.foreground || info.group === info.session) {
                continue;
            }
            const group = groups.get(info.group) ?? { ticks: 0, written: 0, command: info.command };
            group.ticks += info.ticks;
            group.written += info.written;
            if (info.pid === info.group) {
                group.command = info.command;
            }
            groups.set(info.group, group);
        }
        const active: string[] = [];
        for (const [id, usage] of groups) {
            const before = this.earlier.get(id);
            // One that was not there at the last look has just been started by somebody.
            const works =
                before === undefined
                    ? this.lookedAtMs !== undefined
                    : usage.ticks - before.ticks > seconds * TICKS_PER_SECOND * MIN_CPU_SHARE || usage.written > before.written;
            if (works) {
                active.push(usage.command.slice(0, MAX_COMMAND_CHARACTERS));
            }
        }
        this.earlier = groups;
        this.lookedAtMs = nowMs;
        return active.slice(0, MAX_JOBS);
    }
}

/**
 * Processes of this user that have a terminal; none where there is no `/proc`.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export async function terminalProcesses(): Promise<TerminalProcess[]> {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(pids.map((pid) => terminalProcess(pid).catch(() => undefined)));
    return found.filter((info) => info !== undefined);
}

async function terminalProcess(pid: string): Promise<TerminalProcess | undefined> {
    const stat = parseTerminalStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (stat === undefined) {
        return undefined;
    }
    // Readable only for this user's processes, which leaves other people's out.
    const [io, commandLine] = await Promise.all([readFile(`/proc/${pid}/io`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
    const command = commandLine.split('\0').join(' ').trim();
    return { ...stat, written: Number(/^wchar: (\d+)/m.exec(io)?.[1] ?? 0), command };
}

/** @returns undefined for a process without a terminal */
export function parseTerminalStat(text: string): Omit<TerminalProcess, 'written' | 'command'> | undefined {
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [, , group, session, terminal, foreground] = fields.map(Number);
    if (!terminal || group === undefined || session === undefined || foreground === undefined) {
        return undefined;
    }
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    return { pid: Number.parseInt(text, 10), group, session, foreground, ticks };
}
