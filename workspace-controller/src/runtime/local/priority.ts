import { execFile } from 'node:child_process';
import { getPriority } from 'node:os';
import type { InstanceRecord } from './instance-record.ts';

/**
 * Gives a backend the platform's own priority once it listens. By process group, which reaches all threads; `os.setPriority`
 * would reach only the first. Only root may raise a priority, so only workspaces with an OS user of their own start lower.
 */
export function restorePriority({ osUid, boot }: InstanceRecord): void {
    if (osUid !== undefined && boot?.pid !== undefined) {
        execFile('renice', ['-n', String(getPriority()), '-g', String(boot.pid)], () => undefined);
    }
}
