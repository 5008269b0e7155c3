import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import { isWaiting } from './workspace/plan.ts';
import { ask, startPlane, tearDown, type PlaneUnderTest } from './test-support/plane-under-test.ts';

const KILLS = process.env['TANDEM_TEST_SIZE'] === 'full' ? 60 : 6;
const LONGEST_LIFE_MS = 1_500;
const program = fileURLToPath(new URL('./test-support/plane-process.mjs', import.meta.url));

interface Heard {
    created: Set<string>;
    deleting: Set<string>;
}

/** Lets the control plane work on the directory and kills it at a random moment after it has started. */
async function liveAndDie(directory: string, round: number, seed: number, lifeMs: number, heard: Heard): Promise<void> {
    const child = spawn(process.execPath, [program, directory, String(round), String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    for await (const line of createInterface({ input: child.stdout })) {
        const message = JSON.parse(line) as { started?: boolean; created?: string; deleting?: string };
        if (message.started) {
            setTimeout(() => child.kill('SIGKILL'), lifeMs);
        } else if (message.created !== undefined) {
            heard.created.add(message.created);
        } else if (message.deleting !== undefined) {
            heard.deleting.add(message.deleting);
        }
    }
    await exited;
}

async function whenSettled(plane: PlaneUnderTest): Promise<Workspace[]> {
    const { version } = await plane.store.list('Workspace');
    const watch = await plane.store.watch({ kinds: ['Workspace'], since: version });
    try {
        for (;;) {
            const { items } = await plane.store.list('Workspace');
            const settled = items.every(
                ({ spec, status, metadata }) =>
                    metadata.deletedAt === undefined &&
                    (metadata.labels[POOL_LABEL] !== undefined ||
                        status.state === (spec.operatingMode === 'Running' ? 'running' : 'hibernated')),
            );
            if (settled && items.some(isWaiting)) {
                return items;
            }
            await watch[Symbol.asyncIterator]().next();
        }
    } finally {
        watch.close();
    }
}

describe('the controller killed at any moment', () => {
    let plane: PlaneUnderTest | undefined;
    afterEach(async () => {
        if (plane) {
            await tearDown(plane);
        }
    });

    it(
        `keeps every workspace it has acknowledged, and leaves no process twice or behind (${KILLS} kills)`,
        async () => {
            const firstSeed = Number(process.env['TANDEM_TEST_SEED'] ?? Math.floor(Math.random() * 1e9) + 1);
            console.log(`seed ${firstSeed}`);
            let seed = firstSeed;
            const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
            const directory = await mkdtemp(join(tmpdir(), 'tandem-kill-'));
            const heard: Heard = { created: new Set(), deleting: new Set() };
            for (let round = 0; round < KILLS; round++) {
                await liveAndDie(directory, round, Math.floor(random() * 1e9) + 1, random() * LONGEST_LIFE_MS, heard);
            }
            plane = await startPlane({ directory, poolSize: 1 });
            const items = await whenSettled(plane);
            const names = new Set(items.map((item) => item.metadata.name));
            const lost = [...heard.created].filter((name) => !names.has(name) && !heard.deleting.has(name));
            expect(lost).toEqual([]);
            const uids = new Set(items.map((item) => item.metadata.uid));
            expect((await plane.runtime.list()).filter((uid) => !uids.has(uid))).toEqual([]);
            const pids = new Set<number>();
            for (const item of items.filter((candidate) => candidate.status.state === 'running')) {
                const instance = await plane.runtime.observe(item.metadata.uid);
                expect(instance.phase).toBe('started');
                pids.add((await ask((instance as { boot: { endpoint: { socketPath: string } } }).boot.endpoint)).pid);
            }
            expect(pids.size).toBe(items.filter((item) => item.status.state === 'running').length);
        },
        KILLS * 30_000,
    );
});
