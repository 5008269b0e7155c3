import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDirectory } from './directory-lock.ts';

const holder = (directory: string) =>
    spawn(process.execPath, [
        '--expose-gc',
        '--input-type=module',
        '-e',
        `const { lockDirectory } = await import(${JSON.stringify(new URL('./directory-lock.ts', import.meta.url).href)});
         lockDirectory(${JSON.stringify(directory)}); setImmediate(() => { gc(); console.log('locked'); }); setInterval(() => {}, 1000);`,
    ]);

describe('the lock of a data directory', () => {
    it('can be taken again after it was given back', () => {
        const directory = mkdtempSync(join(tmpdir(), 'tandem-lock-'));
        lockDirectory(directory).dispose();
        lockDirectory(directory).dispose();
    });

    it('refuses a second process, naming the first, though the first forgot its lock, and is free the moment that one is killed', async () => {
        const directory = mkdtempSync(join(tmpdir(), 'tandem-lock-'));
        const child = holder(directory);
        await once(child.stdout, 'data');
        expect(() => lockDirectory(directory)).toThrow(`process ${child.pid}`);
        child.kill('SIGKILL');
        await once(child, 'exit');
        lockDirectory(directory).dispose();
    });
});
