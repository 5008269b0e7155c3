import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceRecord } from './instance-record.ts';

/** How much a backend that nobody uses gives way to those that people wait for, as `nice` counts. */
export const BACKGROUND_NICENESS = 5;
/** The kernel takes one change of a session in this time from who is not root. */
const AUTOGROUP_PAUSE_MS = 150;

/**
 * Makes a backend that has just been started give way to all that people wait for. A backend is a session of its own,
 * and where the kernel groups processes by session, `nice` counts inside a session only: the session's own counts too.
 *
 * @see https://man7.org/linux/man-pages/man7/sched.7.html "The autogroup feature"
 */
export function stepBack(pid: number): void {
    void setSessionNiceness(pid, BACKGROUND_NICENESS);
}

/**
 * Gives a backend the platform's own priority. By process group, which reaches all threads; `os.setPriority` would reach
 * only the first. Only root may lower niceness, so only workspaces with an OS user of their own begin with a high one;
 * a session's may be lowered by anybody.
 */
export function bringForward({ osUid, boot }: InstanceRecord): void {
    if (boot?.pid === undefined) {
        return;
    }
    void setSessionNiceness(boot.pid, 0);
    if (osUid !== undefined) {
        execFile('renice', ['-n', String(getPriority()), '-g', String(boot.pid)], () => undefined);
    }
}

async function setSessionNiceness(pid: number, niceness: number): Promise<void> {
    for (let attempt = 1; attempt <= 3; attempt++) {
        try {
            await writeFile(`/proc/${pid}/autogroup`, String(niceness));
            return;
        } catch (error) {
            // Not Linux, no such grouping, or gone already: then there is nothing to do.
            if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
                return;
            }
            await delay(AUTOGROUP_PAUSE_MS);
        }
    }
}
