import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { specOf, untilPhase } from '../workspace-runtime.contract.ts';
import { readInstanceRecord, writeInstanceRecord } from './instance-record.ts';
import { detectIsolation } from './isolation.ts';
import { launchEnvironment } from './launch-environment.ts';
import { launchScript, quote } from './launch-script.ts';
import { parseTcpTable } from './listening-ports.ts';
import { makeLocalRuntime, post, type LocalRuntimeUnderTest } from './local-runtime-under-test.ts';
import { readTail, rotateLog } from './log-file.ts';
import { parseStat } from './processes.ts';

const autogroup = (pid: number | string): string | undefined =>
    existsSync('/proc/self/autogroup') ? /nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8'))?.[1] : undefined;

describe('a local workspace', () => {
    let under: LocalRuntimeUnderTest;
    afterEach(() => under.tearDown());

    it.runIf(autogroup('self') !== undefined)('gives way to all others until somebody uses it', async () => {
        under = await makeLocalRuntime();
        const pidOf = async (uid: string): Promise<number> =>
            (await readInstanceRecord(join(under.runtime.workspacesDir, uid, 'instance.json')))!.boot!.pid!;
        const [waiting, used] = [randomUUID(), randomUUID()];
        await under.runtime.start({ ...specOf(waiting), background: true });
        await under.runtime.start(specOf(used));
        await Promise.all([waiting, used].map((uid) => untilPhase(under.runtime, uid, 'started')));
        expect([autogroup(await pidOf(waiting)), autogroup(await pidOf(used))]).toEqual(['5', '0']);
        const nice = async (uid: string): Promise<number> => getPriority(await pidOf(uid));
        expect(await nice(used)).toBe(getPriority());
        // A third one that starts for nobody stands still meanwhile, and goes on by itself.
        const third = randomUUID();
        await under.runtime.start({ ...specOf(third), background: true });
        const thirdPid = await pidOf(third);
        under.runtime.bringForward(waiting);
        await expect.poll(() => /^State:\t(\w)/m.exec(readFileSync(`/proc/${thirdPid}/status`, 'utf8'))?.[1], { interval: 5 }).toBe('T');
        await expect.poll(async () => autogroup(await pidOf(waiting))).toBe('0');
        await expect.poll(() => nice(waiting)).toBe(getPriority());
        await untilPhase(under.runtime, third, 'started');
    });

    it("gets nothing of the platform's environment but what is on the list", async () => {
        under = await makeLocalRuntime({
            environment: { PATH: process.env.PATH, LANG: 'C.UTF-8', TANDEM_KEY: 'k', AWS_SECRET: 's', NODE_OPTIONS: '--x' },
        });
        const uid = randomUUID();
        await under.runtime.start(specOf(uid));
        const { boot } = await untilPhase(under.runtime, uid, 'started');
        const environment = JSON.parse(await post(boot.endpoint, '/environment', '')) as Record<string, string>;
        expect(Object.keys(environment).sort()).toEqual(
            [
                ...[
                    'HOME',
                    'LANG',
                    'LOGNAME',
                    'PATH',
                    'SHELL',
                    'TANDEM_BOOT_ID',
                    'TANDEM_IDE_SOCKET',
                    'TANDEM_ISSUER',
                    'TANDEM_JWKS',
                    'TANDEM_NODE_FOLDER',
                ],
                ...[
                    'TANDEM_REQUIRE_IDENTITY',
                    'TANDEM_RUNTIME',
                    'TANDEM_WORKSPACE_NAME',
                    'TANDEM_WORKSPACE_UID',
                    'THEIA_CONFIG_DIR',
                    'TMPDIR',
                    'USER',
                ],
                ...(under.runtime.isolated ? ['PWD'] : []),
            ].sort(),
        );
    });

    it('has a home with the usual files, and Node in the path of login shells', async () => {
        under = await makeLocalRuntime();
        const uid = randomUUID();
        await under.runtime.start(specOf(uid));
        const { boot } = await untilPhase(under.runtime, uid, 'started');
        const { stdout } = await under.execute(
            boot.endpoint,
            `env PATH=/nothing /bin/bash -lc 'type -a node | tail -1; stat -c %U ~/.profile ~/project'`,
        );
        const user = (await under.execute(boot.endpoint, 'id -un')).stdout.trim();
        expect(stdout.split('\n')).toEqual([`node is ${process.execPath}`, user, user, '']);
    });

    it('forgets a start that a crash of the controller cut in two', async () => {
        under = await makeLocalRuntime();
        const uid = randomUUID();
        await under.runtime.start(specOf(uid));
        await untilPhase(under.runtime, uid, 'started');
        await under.runtime.close({ stopWorkspaces: false });
        const file = join(under.runtime.workspacesDir, uid, 'instance.json');
        const record = (await readInstanceRecord(file))!;
        await writeInstanceRecord(file, { ...record, boot: { ...record.boot!, pid: undefined, startTime: undefined } });
        const next = await under.another();
        expect(await next.observe(uid)).toEqual({ phase: 'stopped' });
        await next.start(specOf(uid));
        await untilPhase(next, uid, 'started');
    });

    it('is not taken for another process that has its pid now', async () => {
        under = await makeLocalRuntime();
        const uid = randomUUID();
        await under.runtime.start(specOf(uid));
        await untilPhase(under.runtime, uid, 'started');
        await under.runtime.stop(uid, { graceMs: 5_000 });
        await under.runtime.close({ stopWorkspaces: false });
        const file = join(under.runtime.workspacesDir, uid, 'instance.json');
        const record = (await readInstanceRecord(file))!;
        const machineBootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim();
        await writeInstanceRecord(file, {
            ...record,
            boot: { bootId: randomUUID(), machineBootId, pid: process.pid, startTime: 'earlier' },
        });
        const next = await under.another();
        expect(await next.observe(uid)).toMatchObject({ phase: 'crashed' });
    });

    it('is killed when it does not end in time', async () => {
        under = await makeLocalRuntime({ ide: { environment: { SMALL_IDE_STUBBORN: '1' } } });
        const uid = randomUUID();
        await under.runtime.start(specOf(uid));
        await untilPhase(under.runtime, uid, 'started');
        await under.runtime.stop(uid, { graceMs: 50 });
        expect(await under.runtime.observe(uid)).toEqual({ phase: 'stopped' });
    });

    it('has a memory limit where the machine gives one', async () => {
        under = await makeLocalRuntime();
        const uid = randomUUID();
        await under.runtime.start({ ...specOf(uid), memoryMiB: 300 });
        const { boot } = await untilPhase(under.runtime, uid, 'started');
        if ((await detectIsolation()) === 'none') {
            return;
        }
        const eat = `node -e "const a=[];for(let i=0;i<600;i++)a.push(Buffer.alloc(1<<20,1));console.log('ate')"`;
        const { code, stdout } = await under.execute(boot.endpoint, eat);
        expect(stdout).not.toContain('ate');
        expect(code).not.toBe(0);
    });
});

describe('the environment of a backend', () => {
    const base = { home: '/h', user: 'u', shell: '/bin/sh', temp: '/t', nodeFolder: '/opt/node/bin', unreachable: () => false, own: {} };

    it('has the bundled Node last in its path and no folders of npm', () => {
        const platform = { PATH: '/x/node_modules/.bin:/usr/bin:relative:/opt/node/bin' };
        expect(launchEnvironment({ ...base, platform }).PATH?.split(':')[0]).toBe('/usr/bin');
        expect(launchEnvironment({ ...base, platform }).PATH).toContain('/opt/node/bin');
        expect(launchEnvironment({ ...base, platform }).PATH).not.toMatch(/node_modules|relative/);
    });

    it('has no proxy with a password in it', () => {
        const platform = { HTTP_PROXY: 'http://a:b@proxy', HTTPS_PROXY: 'http://proxy' };
        expect(launchEnvironment({ ...base, platform })).toMatchObject({ HTTPS_PROXY: 'http://proxy' });
        expect(launchEnvironment({ ...base, platform })).not.toHaveProperty('HTTP_PROXY');
    });
});

describe('small parts', () => {
    it('quote for the shell', () => {
        expect(quote("it's; $(x)")).toBe(`'it'\\''s; $(x)'`);
    });

    it('make targets only below covered folders', () => {
        const view = {
            stage: '/mnt',
            cover: [{ folder: '/home', mode: '0755' }],
            bind: [
                { source: '/data/h', target: '/home/dev', kind: 'folder' as const, readOnly: false },
                { source: '/data/p', target: '/etc/passwd', kind: 'file' as const, readOnly: true },
            ],
            hideProcesses: false,
        };
        const script = launchScript({
            command: ['/node', 'x y'],
            niceness: 0,
            osUid: 50_001,
            workingDirectory: '/home/dev',
            controlGroupFiles: [],
            view,
        });
        expect(script).toContain(`mkdir -p '/home/dev'\nmount --bind '/mnt/0' '/home/dev'`);
        expect(script).toContain(`mount --bind '/mnt/1' '/etc/passwd'\nmount -o remount,bind,ro '/etc/passwd'`);
        expect(script).not.toContain(`mkdir -p '/etc'`);
        expect(script.trimEnd()).toMatch(/exec \/usr\/bin\/setpriv --reuid 50001 .* -- '\/node' 'x y'$/);
    });

    it('read the state of a process whose name has parentheses', () => {
        const fields = ['S', '1', '2', '3', ...Array.from({ length: 15 }, (_, index) => String(index)), '4242', '0'];
        expect(parseStat(`77 (a) b (c)) ${fields.join(' ')}`, 5)).toMatchObject({
            pid: 77,
            parent: 1,
            group: 2,
            session: 3,
            startTime: '4242',
        });
    });

    it('find listening ports in the table of the kernel', () => {
        const table = [
            '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
            '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0',
            '   1: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 100 0 0 10 0',
        ];
        expect([...parseTcpTable(table.join('\n'))]).toEqual([['4711', 8080]]);
    });

    it('rotate a log that has grown and read its end by whole lines', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'tandem-log-'));
        const file = join(folder, 'ide.log');
        await writeFile(file, 'first line\nsecond line\n');
        expect(await readTail(file, 15)).toBe('second line\n');
        expect(await rotateLog(file, 100)).toBe(false);
        expect(await rotateLog(file, 10)).toBe(true);
        expect(await readFile(file, 'utf8')).toBe('');
        expect(await readFile(`${file}.1`, 'utf8')).toContain('first line');
        expect(await readTail(join(folder, 'none'), 10)).toBe('');
        await rm(folder, { recursive: true });
    });
});
