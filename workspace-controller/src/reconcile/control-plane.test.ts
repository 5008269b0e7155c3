import { afterEach, describe, expect, it } from 'vitest';
import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import { isWaiting } from './workspace/plan.ts';
import { ask, startPlane, tearDown, untilWorkspace, type PlaneUnderTest } from './test-support/plane-under-test.ts';

const running = (workspace: Workspace): boolean => workspace.status.state === 'running';
const readyMembers = async (plane: PlaneUnderTest, count: number): Promise<void> => {
    const { version } = await plane.store.list('Workspace');
    const watch = await plane.store.watch({ kinds: ['Workspace'], since: version });
    for (;;) {
        const { items } = await plane.store.list('Workspace');
        if (items.filter((item) => item.metadata.labels[POOL_LABEL] !== undefined && isWaiting(item)).length >= count) {
            break;
        }
        await watch[Symbol.asyncIterator]().next();
    }
    watch.close();
};

describe('the control plane', () => {
    let plane: PlaneUnderTest;
    afterEach(async () => {
        await tearDown(plane);
    });

    it('hands a waiting workspace over with its name, files and process, and fills the pool again', async () => {
        plane = await startPlane({ poolSize: 1 });
        await readyMembers(plane, 1);
        const [member] = (await plane.store.list('Workspace')).items;
        const created = await plane.plane.createWorkspace({ team: 'home', owner: 'ada', body: {} });
        expect(created.metadata.uid).toBe(member!.metadata.uid);
        expect(created.metadata.name).toBe(member!.metadata.name);
        expect(created.status.state).toBe('preparing');
        const entry = await plane.plane.directory.whenRunning(created.metadata.name, { timeoutMs: 20_000 });
        expect(entry.workspace.status.claim).toMatchObject({ generation: 1, launch: 'warm' });
        expect(await ask(entry.endpoint!)).toMatchObject({ owner: 'ada', generation: 1 });
        await readyMembers(plane, 1);
    });

    it('starts a workspace cold under the name that was asked for, stage by stage', async () => {
        plane = await startPlane();
        const created = await plane.plane.createWorkspace({
            team: 'home',
            owner: 'ada',
            body: { name: 'my-shop', source: { url: 'https://git.example.com/team/shop.git' } },
        });
        expect(created.spec.displayName).toBe('shop');
        const done = await untilWorkspace(plane.store, 'my-shop', running);
        expect(done.status.stages.map((stage) => stage.stage)).toEqual(['queued', 'claimed', 'cloning', 'ready']);
        expect(done.status.stages.every((stage) => stage.endedAt !== undefined)).toBe(true);
        expect(done.status.claim?.launch).toBe('cold');
    });

    it('refuses a name that is taken or not allowed, and an unknown template', async () => {
        plane = await startPlane();
        const create = (body: object) => plane.plane.createWorkspace({ team: 'home', owner: 'ada', body });
        await create({ name: 'my-shop' });
        await expect(create({ name: 'my-shop' })).rejects.toMatchObject({ code: 'already-exists' });
        await expect(create({ name: '../etc' })).rejects.toMatchObject({ code: 'invalid-name' });
        await expect(create({ template: 'nothing' })).rejects.toMatchObject({ code: 'not-found' });
        await expect(create({ source: { url: '--upload-pack=evil' } })).rejects.toMatchObject({ code: 'invalid-git-url' });
    });

    it('hibernates, and resumes on opening with a newer generation on the same volume', async () => {
        plane = await startPlane();
        await plane.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'my-shop' } });
        const awake = await untilWorkspace(plane.store, 'my-shop', running);
        await plane.store.update<'Workspace'>({ ...awake, spec: { ...awake.spec, operatingMode: 'Hibernated' } });
        const { uid } = awake.metadata;
        await untilWorkspace(
            plane.store,
            'my-shop',
            (workspace) => workspace.status.state === 'hibernated' && workspace.status.bootId === undefined,
        );
        expect((await plane.runtime.observe(uid)).phase).toBe('stopped');
        expect(plane.plane.directory.byName('my-shop')?.endpoint).toBeUndefined();
        const entry = await plane.plane.directory.whenRunning('my-shop', { timeoutMs: 20_000 });
        expect(await ask(entry.endpoint!)).toMatchObject({ owner: 'ada', generation: 2 });
    });

    it('starts a backend that ended again, and says so', async () => {
        plane = await startPlane();
        await plane.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'my-shop' } });
        await untilWorkspace(plane.store, 'my-shop', running);
        const { endpoint } = await plane.plane.directory.whenRunning('my-shop', { timeoutMs: 20_000 });
        await ask(endpoint!, '/exit').catch(() => undefined);
        const crashed = await untilWorkspace(plane.store, 'my-shop', (workspace) => workspace.status.reasonCode === 'backend-crashed');
        expect(crashed.status.reason).toMatch(/started again/);
        const again = await untilWorkspace(plane.store, 'my-shop', (workspace) => running(workspace) && workspace.status.restarts === 1);
        expect(again.status.claim?.generation).toBe(2);
    });

    it('tells why a preparation failed, does not repeat it by itself, and tries again when asked', async () => {
        plane = await startPlane();
        const source = { url: 'https://git.example.com/team/fails-once.git' };
        await plane.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'my-shop', source } });
        const failed = await untilWorkspace(plane.store, 'my-shop', (workspace) => workspace.status.state === 'failed');
        expect(failed.status).toMatchObject({ reasonCode: 'git-unreachable', prepared: false, failedPrepareAttempt: 0 });
        await plane.store.update<'Workspace'>({ ...failed, spec: { ...failed.spec, prepareAttempt: 1 } });
        expect((await untilWorkspace(plane.store, 'my-shop', running)).status.prepared).toBe(true);
    });

    it('lets those over the quota wait in line with their place, and lets them in when there is room', async () => {
        plane = await startPlane();
        const team = (await plane.store.get('Team', 'tandem', 'home'))!;
        await plane.store.update<'Team'>({ ...team, spec: { ...team.spec, memberQuota: { maxRunning: 1 } } });
        const create = (name: string, owner = 'ada') => plane.plane.createWorkspace({ team: 'home', owner, body: { name } });
        await create('first');
        const first = await untilWorkspace(plane.store, 'first', running);
        await create('second');
        await create('third');
        await create('of-bob', 'bob');
        const third = await untilWorkspace(plane.store, 'third', (workspace) => workspace.status.queuePosition === 2);
        expect(third.status.reason).toMatch(/number 2/);
        await untilWorkspace(plane.store, 'of-bob', running);
        await plane.store.update<'Workspace'>({ ...first, spec: { ...first.spec, operatingMode: 'Hibernated' } });
        await untilWorkspace(plane.store, 'second', running);
        await untilWorkspace(plane.store, 'third', (workspace) => workspace.status.queuePosition === 1);
    });

    it('deletes processes, files and object', async () => {
        plane = await startPlane();
        await plane.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'my-shop' } });
        const { metadata } = await untilWorkspace(plane.store, 'my-shop', running);
        const watch = await plane.store.watch({ kinds: ['Workspace'] });
        await plane.store.delete({ kind: 'Workspace', namespace: 'team-home', name: 'my-shop' });
        for await (const event of watch) {
            if (event.type === 'deleted') {
                break;
            }
        }
        expect(await plane.runtime.list()).not.toContain(metadata.uid);
        expect(plane.plane.directory.byName('my-shop')).toBeUndefined();
    });

    it('finds running workspaces again after a restart of the controller, without starting them anew', async () => {
        plane = await startPlane();
        await plane.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'my-shop' } });
        await untilWorkspace(plane.store, 'my-shop', running);
        const before = await plane.plane.directory.whenRunning('my-shop', { timeoutMs: 20_000 });
        const { pid } = await ask(before.endpoint!);
        await plane.stop();
        plane = await startPlane({ directory: plane.directory });
        const after = await plane.plane.directory.whenRunning('my-shop', { timeoutMs: 20_000 });
        expect(await ask(after.endpoint!)).toMatchObject({ pid, generation: 1 });
    });
});
