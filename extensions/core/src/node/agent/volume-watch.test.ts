import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { watchVolume } from './volume-watch';

describe('the watch on the volume', () => {
    it('tells once that the folder is gone', async () => {
        const folder = mkdtempSync(path.join(tmpdir(), 'tandem-volume-'));
        let told = 0;
        const gone = new Promise<void>((resolve) => {
            watchVolume(
                folder,
                () => {
                    told++;
                    resolve();
                },
                5,
            );
        });
        rmdirSync(folder);
        // The watch does not keep a process alive; the test does.
        const alive = setInterval(() => undefined, 50);
        await gone;
        clearInterval(alive);
        expect(told).toBe(1);
    });
});
