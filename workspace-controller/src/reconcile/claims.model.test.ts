import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { POOL_LABEL, POOL_OWNER, type Workspace } from '@tandem/protocol';
import { createLogger, systemClock } from '@tandem/server-kit';
import { newUser } from '../store/resource-store.contract.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { SqliteResourceStore } from '../store/sqlite/sqlite-resource-store.ts';
import { noCredentials } from './test-support/no-credentials.ts';
import { createControlPlane, type ControlPlane } from './control-plane.ts';
import { CrashPoint } from './test-support/crash-points.ts';
import { InProcessRuntime } from './test-support/in-process-runtime.ts';
import { isWaiting } from './workspace/plan.ts';

const full = process.env['TANDEM_TEST_SIZE'] === 'full';
const RUNS = full ? 150 : 12;
const OWNERS = ['ada', 'bob', 'cleo'];
const POOL_SIZE = 2;

type Event = { type: 'claim'; owner: number } | { type: 'hibernate' | 'resume' | 'delete' | 'crash'; which: number };
interface Life {
    /** Whether pool and workspaces are as wanted before anything happens. */
    calmFirst: boolean;
    /** What the controller is asked for, all at once. */
    events: Event[];
    crashAtEffect: number;
    before: boolean;
}

const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('claim' as const), owner: fc.nat(OWNERS.length - 1) }) },
    {
        weight: 2,
        arbitrary: fc.record({
            type: fc.constantFrom('hibernate' as const, 'resume' as const, 'delete' as const, 'crash' as const),
            which: fc.nat(5),
        }),
    },
);
const life: fc.Arbitrary<Life> = fc.record({
    calmFirst: fc.boolean(),
    events: fc.array(event, { minLength: 1, maxLength: 6 }),
    crashAtEffect: fc.integer({ min: 1, max: 30 }),
    before: fc.boolean(),
});

interface World {
    store: SqliteResourceStore;
    runtime: InProcessRuntime;
    /** Name and owner of every create that was answered. */
    acknowledged: { name: string; owner: string }[];
    deleting: Set<string>;
}

const isClaimed = ({ metadata }: Workspace): boolean => metadata.labels[POOL_LABEL] === undefined;

function planeOver(store: ResourceStore, runtime: InProcessRuntime): ControlPlane {
    return createControlPlane({
        store,
        runtime,
        mintControlToken: () => Promise.resolve('token'),
        credentials: noCredentials,
        audit: { append: () => Promise.reject(new Error('not used')) },
        clock: systemClock,
        logger: createLogger({ name: 'model', level: process.env['TANDEM_TEST_LOG'] ?? 'silent' }),
        portalUrl: 'http://tandem.localhost',
        poolSize: POOL_SIZE,
    });
}

async function whenSettled(store: ResourceStore): Promise<Workspace[]> {
    const { version } = await store.list('Workspace');
    const watch = await store.watch({ kinds: ['Workspace'], since: version });
    try {
        for (;;) {
            const { items } = await store.list('Workspace');
            const members = items.filter((item) => !isClaimed(item));
            const asWanted = items
                .filter(isClaimed)
                .every(({ spec, status }) =>
                    spec.operatingMode === 'Running'
                        ? status.state === 'running'
                        : status.state === 'hibernated' && status.bootId === undefined,
                );
            const quiet = items.every(({ metadata }) => metadata.deletedAt === undefined);
            if (quiet && asWanted && members.filter(isWaiting).length === POOL_SIZE && members.length === POOL_SIZE) {
                return items;
            }
            await watch[Symbol.asyncIterator]().next();
        }
    } finally {
        watch.close();
    }
}

async function happen(world: World, store: ResourceStore, plane: ControlPlane, what: Event): Promise<void> {
    if (what.type === 'claim') {
        const owner = OWNERS[what.owner]!;
        const { metadata } = await plane.createWorkspace({ team: 'home', owner, body: {} });
        world.acknowledged.push({ name: metadata.name, owner });
        return;
    }
    const claimed = (await world.store.list('Workspace')).items.filter(isClaimed);
    const workspace = claimed[what.which % Math.max(1, claimed.length)];
    if (workspace === undefined) {
        return;
    }
    const { namespace, name, uid } = workspace.metadata;
    switch (what.type) {
        case 'crash':
            return world.runtime.crash(uid);
        case 'delete':
            world.deleting.add(name);
            return store.delete({ kind: 'Workspace', namespace, name });
        default: {
            const operatingMode = what.type === 'hibernate' ? 'Hibernated' : 'Running';
            await store.update<'Workspace'>({ ...workspace, spec: { ...workspace.spec, operatingMode } });
        }
    }
}

async function live(world: World, { calmFirst, events, crashAtEffect, before }: Life): Promise<void> {
    const end = new CrashPoint(crashAtEffect, before);
    const store = end.guard<ResourceStore>(world.store, ['create', 'update', 'updateStatus', 'delete']);
    const plane = planeOver(store, end.guard(world.runtime, ['start', 'stop', 'destroy']));
    // What a dying controller was asked for fails, and that is all anybody hears of it.
    const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
    if (calmFirst) {
        await plane.start();
        await whenSettled(world.store);
        end.arm();
    } else {
        end.arm();
        await quietly(plane.start());
    }
    const asked = Promise.all(events.map((what) => quietly(happen(world, store, plane, what))));
    await Promise.race([end.reached, asked.then(() => whenSettled(world.store))]);
    await plane.stop();
    await asked;
}

function assertInvariants(world: World, items: readonly Workspace[]): void {
    const byName = new Map(items.map((item) => [item.metadata.name, item]));
    const names = world.acknowledged.map(({ name }) => name);
    expect(new Set(names).size, 'each create got a workspace of its own').toBe(names.length);
    for (const { name, owner } of world.acknowledged) {
        if (!world.deleting.has(name)) {
            expect(byName.get(name)?.spec.owner, `${name} was acknowledged`).toBe(owner);
        }
    }
    const uids = new Set(items.map(({ metadata }) => metadata.uid));
    expect(
        [...world.runtime.volumes.keys()].filter((uid) => !uids.has(uid)),
        'volumes without an object',
    ).toEqual([]);
    for (const item of items) {
        const volume = world.runtime.volumes.get(item.metadata.uid);
        const owners = [...(volume?.owners ?? [])];
        expect(owners.length, `owners of ${item.metadata.name}`).toBeLessThanOrEqual(1);
        if (isClaimed(item)) {
            expect(owners.every((owner) => owner === item.spec.owner)).toBe(true);
        } else {
            expect(item.spec.owner).toBe(POOL_OWNER);
            expect(owners).toEqual([]);
        }
        if (item.status.state === 'running') {
            expect(volume?.claim).toMatchObject({ owner: item.spec.owner, generation: item.status.claim!.generation });
        }
    }
}

describe('claims of pool members, with the controller killed at any effect', () => {
    let cleanUp: (() => Promise<void>) | undefined;
    afterEach(async () => {
        await cleanUp?.();
    });

    it(
        'give each member to one owner at most and lose nothing acknowledged',
        async () => {
            const property = fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
                const directory = await mkdtemp(join(tmpdir(), 'tandem-model-'));
                const world: World = {
                    store: await SqliteResourceStore.open(join(directory, 'resources.sqlite')),
                    runtime: new InProcessRuntime(directory),
                    acknowledged: [],
                    deleting: new Set(),
                };
                cleanUp = async () => {
                    await world.runtime.close();
                    await world.store.close();
                    await rm(directory, { recursive: true, force: true });
                };
                for (const owner of OWNERS) {
                    await world.store.create(newUser(owner));
                }
                for (const each of lives) {
                    await live(world, each);
                }
                const plane = planeOver(world.store, world.runtime);
                await plane.start();
                try {
                    assertInvariants(world, await whenSettled(world.store));
                } finally {
                    await plane.stop();
                }
                await cleanUp();
                cleanUp = undefined;
            });
            const seed = Number(process.env['TANDEM_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
            await fc.assert(property, { numRuns: RUNS, seed, endOnFailure: !full });
        },
        RUNS * 20_000,
    );
});
