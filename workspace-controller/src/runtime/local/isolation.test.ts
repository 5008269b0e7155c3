import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, link, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { specOf, untilPhase } from '../workspace-runtime.contract.ts';
import type { Boot } from '../workspace-runtime.ts';
import { detectIsolation, firstClosedFolder, type Isolation } from './isolation.ts';
import { makeLocalRuntime, post, type LocalRuntimeUnderTest } from './local-runtime-under-test.ts';
import { allProcesses } from './processes.ts';
import { admitSocket } from './socket-gate.ts';
import { Volumes } from './volume.ts';

const possible = await detectIsolation();
// Users without a mount view of their own reach the program only where every folder above it is open to them.
const reachable = (await firstClosedFolder(process.execPath)) === undefined;
const modes: Isolation[] = (['namespace', 'user'] as const).filter((mode) =>
    mode === 'namespace' ? possible === 'namespace' : possible !== 'none' && reachable,
);

describe.each(modes)('as root with isolation "%s"', (isolation) => {
    let under: LocalRuntimeUnderTest;
    afterEach(() => under.tearDown());

    const started = async (): Promise<{ uid: string; boot: Boot; shell: (command: string) => Promise<string> }> => {
        const uid = randomUUID();
        await under.runtime.start(specOf(uid));
        const { boot } = await untilPhase(under.runtime, uid, 'started');
        const shell = async (command: string) => {
            const { stdout, stderr } = await under.execute(boot.endpoint, command);
            return (stdout + stderr).trim();
        };
        return { uid, boot, shell };
    };

    it("cannot read another workspace, the data directory or other processes from a workspace's shell", async () => {
        under = await makeLocalRuntime({ isolation, environment: { ...process.env, TANDEM_SECRET_OF_TEST: 'sesame' } });
        await writeFile(join(under.dataDir, 'secret.db'), 'sesame', { mode: 0o644 });
        const [mine, theirs] = await Promise.all([started(), started()]);
        await theirs.shell('echo sesame > ~/project/private; chmod 777 ~ ~/project ~/project/private');
        const theirHome = join((await rootOf(under)).root, theirs.uid, 'home');
        const theirPid = await post(theirs.boot.endpoint, '/pid', '');
        const attempts = [
            `cat ${theirHome}/project/private`,
            `ls ${theirHome}`,
            `cat ${under.dataDir}/secret.db`,
            `ls ${under.dataDir}`,
            `ls ${(await rootOf(under)).root}`,
            `cat /proc/${theirPid}/environ`,
            `cat /proc/${theirPid}/root/home/dev/project/private`,
            `cat /proc/${theirPid}/cwd/project/private`,
            `cat /proc/${process.pid}/environ`,
            `cat /proc/${process.pid}/root${under.dataDir}/secret.db`,
            `ls /proc/${process.pid}/fd`,
            `head -c 1 /proc/${process.pid}/mem`,
            `cat /etc/shadow`,
            `kill -9 ${theirPid}`,
        ];
        for (const attempt of attempts) {
            expect.soft(await mine.shell(`${attempt} && echo LEAKED`), attempt).toMatch(/denied|not permitted|no such|cannot access/i);
        }
        expect(await mine.shell('env')).not.toContain('sesame');
        expect(await theirs.shell('cat ~/project/private')).toBe('sesame');
    });

    it('runs without privileges and cannot gain any', async () => {
        under = await makeLocalRuntime({ isolation });
        const { shell } = await started();
        expect(await shell('grep -E "^(CapEff|CapBnd|CapPrm)" /proc/self/status | cut -f2 | sort -u')).toBe('0000000000000000');
        expect(await shell('grep NoNewPrivs /proc/self/status | cut -f2')).toBe('1');
        expect(await shell('id -G')).toBe(await shell('id -u'));
    });

    it('is somebody to git, ssh and bash, with a home of its own', async () => {
        under = await makeLocalRuntime({ isolation });
        const { shell } = await started();
        expect(await shell('id -un')).toBe(isolation === 'namespace' ? 'dev' : `tandem-${await shell('id -u')}`);
        expect(await shell('cd ~/project && git init -q && git commit -q --allow-empty -m first && git log --format=%s')).toContain(
            'Please tell me who you are',
        );
        expect(await shell('eval echo ~$(id -un)')).toBe(await shell('echo $HOME'));
        expect(await shell('echo x > $TMPDIR/y && cat $TMPDIR/y')).toBe('x');
    });

    it('never swaps a socket of somebody else for the one of the workspace', async () => {
        under = await makeLocalRuntime({ isolation });
        const { uid } = await started();
        const privileged = join(under.dataDir, 'privileged.sock');
        const server: Server = createServer().listen(privileged);
        const volume = (await rootOf(under)).of(uid);
        const { uid: osUid } = await stat(volume.home);
        const own = join(volume.run, 'ide.sock');
        await rm(own);
        await symlink(privileged, own);
        expect(await admitSocket(volume, osUid), 'the one that was let in stays').toBe(true);
        await rm(volume.socket);
        expect(await admitSocket(volume, osUid), 'a link to another socket').toBe(false);
        await rm(own);
        await link(privileged, own);
        expect(await admitSocket(volume, osUid), 'a socket of another user').toBe(false);
        expect(existsSync(volume.socket)).toBe(false);
        await new Promise((resolve) => server.close(resolve));
    });

    it('ends a workspace that forks as fast as it can', async () => {
        under = await makeLocalRuntime({ isolation });
        const { uid, boot } = await started();
        const osUid = (await stat((await rootOf(under)).of(uid).home)).uid;
        const bomb = 'f() { while :; do sleep 5 & done; }; for i in 1 2 3; do f & done; wait';
        void under.execute(boot.endpoint, `prlimit --nproc=300 bash -c '${bomb}'`).catch(() => undefined);
        await until(async () => (await allProcesses()).filter(({ owner }) => owner === osUid).length > 50);
        await under.runtime.stop(uid, { graceMs: 0 });
        expect((await allProcesses()).filter(({ owner, zombie }) => owner === osUid && !zombie)).toEqual([]);
    });
});

describe.runIf(possible === 'namespace')('with a mount namespace', () => {
    it.each([tmpdir(), homedir()])('starts with data directory and program below a closed folder in %s', async (place) => {
        const closed = await mkdtemp(join(place, '.closed-'));
        await cp(fileURLToPath(new URL('./fixtures', import.meta.url)), join(closed, 'program'), { recursive: true });
        const under = await makeLocalRuntime({ below: closed, ide: { entry: join(closed, 'program', 'small-ide.mjs') } });
        try {
            const uid = randomUUID();
            await under.runtime.start(specOf(uid));
            const { boot } = await untilPhase(under.runtime, uid, 'started');
            const { stdout } = await under.execute(boot.endpoint, `ls -A ${closed}; touch ${closed}/program/x; pwd`);
            expect(stdout).toBe('program\n/home/dev\n');
        } finally {
            await under.tearDown();
            await rm(closed, { recursive: true, force: true });
        }
    });
});

function rootOf(under: LocalRuntimeUnderTest): Promise<Volumes> {
    return Volumes.open(under.runtime.workspacesDir);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
