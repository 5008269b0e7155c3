import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig, readImportConfig } from './config.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const variablesIn = (text: string) => new Set(text.match(/\bTANDEM_COLLAB_[A-Z_]+\b/g));

describe('the configuration', () => {
    it('[O1] lists every variable in example.env, and none that is not read', () => {
        expect([...variablesIn(read('../example.env'))].sort()).toEqual([...variablesIn(read('./config.ts'))].sort());
    });

    it('[O1] has an option on the command line for every variable', () => {
        const main = new URL('./main.ts', import.meta.url).pathname;
        const help = (...args: string[]) =>
            execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args, '--help']).toString();
        const text = help() + help('import');
        for (const variable of variablesIn(read('../example.env'))) {
            const option = `--${variable.slice('TANDEM_COLLAB_'.length).toLowerCase().replaceAll('_', '-')}`;
            expect(text).toMatch(new RegExp(`${option} <`));
        }
    });

    it('[O1] lets the command line win over the environment', () => {
        const config = readConfig({ port: '1' }, { TANDEM_COLLAB_AUTH: 'none', TANDEM_COLLAB_PORT: '2', TANDEM_COLLAB_HOST: '::1' });
        expect(config).toMatchObject({ port: 1, host: '::1', jwksUrl: undefined });
    });

    it('[O2] serves nothing but loopback without authentication, and names every problem at once', () => {
        const values = { auth: 'none', host: '0.0.0.0', port: '70000', redis: 'redis://r', webhook: 'ftp://x' };
        let message = '';
        try {
            readConfig(values, {});
        } catch (error) {
            message = (error as Error).message;
        }
        for (const name of ['HOST', 'PORT', 'REDIS', 'WEBHOOK', 'WEBHOOK_SECRET']) {
            expect(message).toContain(`TANDEM_COLLAB_${name}`);
        }
        expect(readConfig({ auth: 'jwks=https://keys.example.com/jwks.json', host: '0.0.0.0' }, {}).jwksUrl).toBe(
            'https://keys.example.com/jwks.json',
        );
    });

    it('[O3] takes limits from a file and says which name or value is wrong', () => {
        const file = join(mkdtempSync(join(tmpdir(), 'tandem-limits-')), 'limits.json');
        writeFileSync(file, '{"maxDocumentBytes": 5000, "idleRoomMs": 1}');
        expect(readConfig({ auth: 'none', limits: file }, {}).limits).toEqual({ maxDocumentBytes: 5000, idleRoomMs: 1 });
        writeFileSync(file, '{"maxDocument": 5000, "idleRoomMs": -1}');
        expect(() => readConfig({ auth: 'none', limits: file }, {})).toThrow(/no limit "maxDocument"[^]*idleRoomMs is -1/);
        writeFileSync(file, '[]');
        expect(() => readConfig({ auth: 'none', limits: file }, {})).toThrow('holds no object');
        expect(() => readConfig({ auth: 'none', limits: '/nonexistent' }, {})).toThrow('cannot be read');
    });

    it('[I2] wants one source for an import', () => {
        expect(() => readImportConfig({}, {})).toThrow('Give one source');
        expect(readImportConfig({ fromLeveldb: 'dir' }, { TANDEM_COLLAB_DATA: '/data' })).toMatchObject({
            source: { kind: 'leveldb', path: 'dir' },
            dataDirectory: '/data',
        });
    });
});
