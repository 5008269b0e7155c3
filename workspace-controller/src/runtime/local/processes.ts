import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const isLinux = process.platform === 'linux';

export interface ProcessInfo {
    pid: number;
    parent: number;
    group: number;
    session: number;
    /** Real user id. */
    owner: number;
    /** Changes when a pid is used again; compare for equality only. */
    startTime: string;
    zombie: boolean;
}

/** Which processes are a workspace's. */
export interface Belonging {
    /** Set when the workspace has an OS user of its own: then everything of that user is the workspace's. */
    osUid?: number;
    /** Backend, with everything in its session and below it. */
    pid?: number;
    /** Start time of the backend: another process may have its pid by now. */
    startTime?: string;
    /** `NAME=value` pairs that the environment of its processes carries. */
    marker: readonly string[];
}

/**
 * Parses `/proc/<pid>/stat`. The name of the program may hold spaces and parentheses, so fields count from the last `)`.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function parseStat(text: string, owner: number): ProcessInfo | undefined {
    const end = text.lastIndexOf(')');
    const pid = Number.parseInt(text, 10);
    const fields = text.slice(end + 2).split(' ');
    const [state, parent, group, session] = fields;
    const startTime = fields[19];
    if (end < 0 || !Number.isInteger(pid) || startTime === undefined) {
        return undefined;
    }
    return {
        pid,
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
        owner,
        startTime,
        zombie: state === 'Z' || state === 'X',
    };
}

/** @returns undefined when there is no such process (any more) */
export async function processInfo(pid: number): Promise<ProcessInfo | undefined> {
    if (!isLinux) {
        return (await psProcesses(['-p', String(pid)]))[0];
    }
    try {
        const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')]);
        return parseStat(stat, Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1));
    } catch {
        return undefined;
    }
}

/** Whether that very process still runs, and not another with its pid. */
export async function isAlive(pid: number, startTime: string): Promise<boolean> {
    const info = await processInfo(pid);
    return info !== undefined && !info.zombie && info.startTime === startTime;
}

export async function allProcesses(): Promise<ProcessInfo[]> {
    if (!isLinux) {
        return psProcesses(['-ax']);
    }
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const infos = await Promise.all(pids.map((pid) => processInfo(Number(pid))));
    return infos.filter((info) => info !== undefined);
}

/** Everything of a workspace that runs right now, zombies left out. */
export async function processesOf(belonging: Belonging): Promise<ProcessInfo[]> {
    const all = (await allProcesses()).filter((info) => !info.zombie && info.pid !== process.pid);
    if (belonging.osUid !== undefined) {
        return all.filter((info) => info.owner === belonging.osUid);
    }
    const found = new Set<number>();
    const sameNumber = all.find((info) => info.pid === belonging.pid);
    // A pid is not given out again while it is the id of a group or session that still has members.
    const backend = sameNumber === undefined || sameNumber.startTime === belonging.startTime ? belonging.pid : undefined;
    for (const info of all) {
        if (backend !== undefined && [info.pid, info.group, info.session].includes(backend)) {
            found.add(info.pid);
        } else if (isLinux && (await hasMarker(info.pid, belonging.marker))) {
            found.add(info.pid);
        }
    }
    for (let grown = true; grown;) {
        grown = false;
        for (const info of all) {
            if (!found.has(info.pid) && found.has(info.parent)) {
                found.add(info.pid);
                grown = true;
            }
        }
    }
    return all.filter((info) => found.has(info.pid));
}

/** `NAME=value` pairs that a process was started with; empty when it is gone or not ours (Linux). */
export async function environmentOf(pid: number): Promise<string[]> {
    return (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0');
}

async function hasMarker(pid: number, marker: readonly string[]): Promise<boolean> {
    if (marker.length === 0) {
        return false;
    }
    const environment = await environmentOf(pid);
    return marker.every((pair) => environment.includes(pair));
}

/** macOS and the BSDs. */
async function psProcesses(selection: string[]): Promise<ProcessInfo[]> {
    const columns = ['pid=', 'ppid=', 'pgid=', 'sess=', 'uid=', 'stat=', 'lstart='].flatMap((column) => ['-o', column]);
    const { stdout } = await run('ps', [...selection, ...columns], { maxBuffer: 16 << 20 }).catch(() => ({ stdout: '' }));
    return stdout
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields.length > 6)
        .map(([pid, parent, group, session, owner, state, ...started]) => ({
            pid: Number(pid),
            parent: Number(parent),
            group: Number(group),
            session: Number(session),
            owner: Number(owner),
            startTime: started.join(' '),
            zombie: state?.startsWith('Z') ?? false,
        }));
}

/** Tells one start of the machine from another. */
export async function machineBootId(): Promise<string> {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim();
}
