import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Boot, Endpoint, InstanceState, WorkspaceRuntime } from './workspace-runtime.ts';

/** What the suite needs of an implementation under test. */
export interface RuntimeUnderTest {
    runtime: WorkspaceRuntime;
    /** A second runtime over the same volumes, as after the controller was killed. */
    another(): Promise<WorkspaceRuntime>;
    /** Runs a shell command as a process of the workspace. */
    execute(endpoint: Endpoint, command: string): Promise<{ code: number; stdout: string; stderr: string }>;
    /** Makes the backend end with an exit code. */
    exit(endpoint: Endpoint, code: number): Promise<void>;
    /** Ends everything and deletes the volumes. */
    tearDown(): Promise<void>;
}

export const specOf = (uid: string) => ({ uid, name: `ws-${uid.slice(0, 8)}`, memoryMiB: 1024 });

/** Resolves with the state once it is in the wanted phase. */
export async function untilPhase<P extends InstanceState['phase']>(
    runtime: WorkspaceRuntime,
    uid: string,
    phase: P,
): Promise<Extract<InstanceState, { phase: P }>> {
    let wake: () => void = () => undefined;
    const subscription = runtime.onDidChange((changed) => changed === uid && wake());
    try {
        for (;;) {
            const changed = new Promise<void>((resolve) => (wake = resolve));
            const state = await runtime.observe(uid);
            if (state.phase === phase) {
                return state as Extract<InstanceState, { phase: P }>;
            }
            await changed;
        }
    } finally {
        subscription.dispose();
    }
}

/** The behaviour that every `WorkspaceRuntime` has. */
export function workspaceRuntimeContract(name: string, make: () => Promise<RuntimeUnderTest>): void {
    describe(`${name} keeps the contract of WorkspaceRuntime`, () => {
        let under: RuntimeUnderTest;
        beforeEach(async () => {
            under = await make();
        });
        afterEach(() => under.tearDown());

        const started = async (uid: string = randomUUID()): Promise<{ uid: string; boot: Boot }> => {
            await under.runtime.start(specOf(uid));
            return { uid, boot: (await untilPhase(under.runtime, uid, 'started')).boot };
        };

        it('knows nothing of a workspace that was never started', async () => {
            expect(await under.runtime.observe(randomUUID())).toEqual({ phase: 'absent' });
            expect(await under.runtime.list()).toEqual([]);
        });

        it('starts a workspace that then answers at its endpoint', async () => {
            const { uid, boot } = await started();
            expect((await under.execute(boot.endpoint, 'echo hello')).stdout).toBe('hello\n');
            expect(await under.runtime.list()).toEqual([uid]);
        });

        it('gives the same boot when asked to start again', async () => {
            const uid = randomUUID();
            const boots = await Promise.all([1, 2, 3].map(() => under.runtime.start(specOf(uid))));
            expect(new Set(boots.map(({ bootId }) => bootId)).size).toBe(1);
        });

        it('keeps the volume over stop and start, with a new boot', async () => {
            const { uid, boot } = await started();
            await under.execute(boot.endpoint, 'echo kept > ~/project/file');
            await under.runtime.stop(uid, { graceMs: 5_000 });
            expect(await under.runtime.observe(uid)).toEqual({ phase: 'stopped' });
            const again = await started(uid);
            expect(again.boot.bootId).not.toBe(boot.bootId);
            expect((await under.execute(again.boot.endpoint, 'cat ~/project/file')).stdout).toBe('kept\n');
        });

        it('says how a workspace crashed and starts it again', async () => {
            const { uid, boot } = await started();
            await under.exit(boot.endpoint, 7);
            const crashed = await untilPhase(under.runtime, uid, 'crashed');
            expect(crashed.exit).toContain('7');
            expect((await started(uid)).boot.bootId).not.toBe(boot.bootId);
        });

        it('takes an exit with code 0 for a stop, not for a crash', async () => {
            const { uid, boot } = await started();
            await under.exit(boot.endpoint, 0);
            await untilPhase(under.runtime, uid, 'stopped');
        });

        it('leaves nothing behind when a workspace is destroyed', async () => {
            const { uid } = await started();
            await under.runtime.destroy(uid);
            expect(await under.runtime.observe(uid)).toEqual({ phase: 'absent' });
            expect(await under.runtime.list()).toEqual([]);
            await under.runtime.destroy(uid);
        });

        it('is adopted by a new controller without a new boot', async () => {
            const { uid, boot } = await started();
            await under.runtime.close({ stopWorkspaces: false });
            const next = await under.another();
            const state = await untilPhase(next, uid, 'started');
            expect(state.boot).toEqual(boot);
            await next.stop(uid, { graceMs: 5_000 });
            expect(await next.observe(uid)).toEqual({ phase: 'stopped' });
        });

        it('tells the new controller when an adopted workspace ends', async () => {
            const { uid, boot } = await started();
            await under.runtime.close({ stopWorkspaces: false });
            const next = await under.another();
            await untilPhase(next, uid, 'started');
            await under.exit(boot.endpoint, 7);
            await untilPhase(next, uid, 'crashed');
        });

        it('finds the ports that the workspace listens on, and only those', async () => {
            const [one, other] = await Promise.all([started(), started()]);
            const server = `require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})`;
            await under.execute(one.boot.endpoint, `node -e "${server}" > ~/port 2>&1 & while ! [ -s ~/port ]; do sleep 0.02; done`);
            const port = Number((await under.execute(one.boot.endpoint, 'cat ~/port')).stdout);
            expect(await under.runtime.listeningPorts(one.uid)).toEqual([{ port, process: 'node' }]);
            expect(await under.runtime.listeningPorts(other.uid)).toEqual([]);
        });

        it('ends what the workspace started in the background, detached or not', async () => {
            const { uid, boot } = await started();
            await under.execute(boot.endpoint, 'setsid nohup sleep 987 > /dev/null 2>&1 & nohup sleep 988 > /dev/null 2>&1 & true');
            await under.runtime.stop(uid, { graceMs: 5_000 });
            const again = await started(uid);
            const left = await under.execute(
                again.boot.endpoint,
                "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 98[7]'",
            );
            expect(left.stdout.trim()).toBe('0');
        });

        it('refuses uids that are no names of folders', async () => {
            await expect(under.runtime.start(specOf('../outside'))).rejects.toMatchObject({ code: 'invalid-request' });
        });
    });
}
