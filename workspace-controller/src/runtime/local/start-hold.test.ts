import { FakeClock } from '@tandem/server-kit';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StartHold } from './start-hold.ts';

const stateOf = (pid: number): string | undefined => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

describe.runIf(process.platform === 'linux')('what starts for nobody', () => {
    it('goes on after it stood still, though it is no longer one of those that start', async () => {
        const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
        const pid = child.pid as number;
        try {
            let starting = [pid];
            const hold = new StartHold(new FakeClock(), () => starting);
            hold.hold();
            await expect.poll(() => stateOf(pid)).toBe('T');
            starting = [];
            hold.release();
            await expect.poll(() => stateOf(pid)).toBe('S');
        } finally {
            process.kill(-pid, 'SIGKILL');
        }
    });
});
