import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretBox } from './secret-box.ts';

describe('secrets at rest', () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), 'tandem-secret-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('keeps its key in a file that only its owner reads', async () => {
        await SecretBox.open(join(folder, 'secret.key'));
        expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
    });

    it('opens what it sealed, after a restart and after its key was rotated', async () => {
        const path = join(folder, 'secret.key');
        const first = await SecretBox.open(path);
        const [before, mac] = [first.seal('one', 'here'), first.mac('purpose', 'text').toString('hex')];
        await first.rotate();
        const after = first.seal('two', 'here');
        const second = await SecretBox.open(path);
        expect([second.unseal(before, 'here').toString(), second.unseal(after, 'here').toString()]).toEqual(['one', 'two']);
        expect(before.subarray(1, 9)).not.toEqual(after.subarray(1, 9));
        expect(second.mac('purpose', 'text').toString('hex')).toBe(mac);
    });

    it('refuses a value that was changed, or moved to another place', async () => {
        const box = await SecretBox.open(join(folder, 'secret.key'));
        const sealed = Buffer.from(box.seal('one', 'git-credential/ada/github.com'));
        expect(() => box.unseal(sealed, 'git-credential/bob/github.com')).toThrow(/moved/);
        sealed[sealed.length - 1] = (sealed[sealed.length - 1] ?? 0) ^ 1;
        expect(() => box.unseal(sealed, 'git-credential/ada/github.com')).toThrow(/changed/);
    });

    it('says what to do when the key file is damaged or another one', async () => {
        const sealed = (await SecretBox.open(join(folder, 'a'))).seal('one', 'here');
        const other = await SecretBox.open(join(folder, 'b'));
        expect(() => other.unseal(sealed, 'here')).toThrow(/Restore the key file/);
        writeFileSync(join(folder, 'c'), '{"current":"x"}');
        await expect(SecretBox.open(join(folder, 'c'))).rejects.toThrow(/Restore it from a backup/);
    });
});
