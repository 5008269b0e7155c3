import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Bug, type Logger } from '@tandem/server-kit';
import { allProcesses, environmentOf, processesOf, type Belonging } from './processes.ts';

const PAUSE_MS = 20;
const ROUNDS = 250;

/**
 * Kills everything of a workspace and resolves when nothing of it runs. With an OS user of its own the kernel does it in
 * one step (`kill(-1)` as that user), which no fork bomb outruns; else round by round until a look finds nothing.
 *
 * @throws Bug when something cannot be killed (uninterruptible sleep for seconds)
 */
export async function killEverything(belonging: Belonging): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
        const left = await processesOf(belonging);
        if (left.length === 0) {
            return;
        }
        if (belonging.osUid !== undefined) {
            await killAsUser(belonging.osUid);
        } else {
            for (const { pid } of left) {
                signal(pid, 'SIGKILL');
            }
        }
        await delay(PAUSE_MS);
    }
    throw new Bug(`Processes of a workspace outlive SIGKILL: ${(await processesOf(belonging)).map(({ pid }) => pid).join(', ')}`);
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
            throw error;
        }
    }
}

function killAsUser(osUid: number): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn('/bin/sh', ['-c', 'kill -KILL -1'], { uid: osUid, gid: osUid, cwd: '/', env: {}, stdio: 'ignore' });
        child.once('error', reject);
        child.once('exit', () => resolve());
    });
}

/** Kills processes of workspaces whose folder is gone (Linux). */
export async function endStrays(runtimeId: string, known: ReadonlySet<string>, logger: Logger): Promise<void> {
    for (const { pid } of await allProcesses()) {
        const environment = pid === process.pid ? [] : await environmentOf(pid);
        const uid = environment.find((pair) => pair.startsWith('TANDEM_WORKSPACE_UID='))?.split('=')[1];
        if (uid !== undefined && environment.includes(`TANDEM_RUNTIME=${runtimeId}`) && !known.has(uid)) {
            logger.warn({ workspace: uid, pid }, 'ended a process of a workspace that no longer exists');
            signal(pid, 'SIGKILL');
        }
    }
}
