import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Workspace, WorkspaceMessage } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import { IDLE, startTimedPlane, type TimedPlane } from './test-support/timed-plane-under-test.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
type Activity = Extract<WorkspaceMessage, { type: 'activity' }>;

const activity = (changes: Partial<Activity> = {}): Activity => ({
    type: 'activity',
    jobs: [],
    taskRunning: false,
    debugRunning: false,
    connections: 0,
    ...changes,
});
const running = ({ status }: Workspace): boolean => status.state === 'running';
const isHibernated = ({ status }: Workspace): boolean => status.state === 'hibernated' && status.bootId === undefined;

describe('the control plane in time', () => {
    let world: TimedPlane;
    beforeEach(async () => {
        world = await startTimedPlane();
    });
    afterEach(async () => {
        await world.close();
    });
    /** Lets time pass until nothing of it runs, the end itself in small steps: it is given ten seconds to save. */
    const hibernates = async (name: string): Promise<Workspace> => {
        await world.pass(name, ({ spec }) => spec.operatingMode === 'Hibernated');
        return world.until(name, isHibernated);
    };

    it('hibernates what nobody uses, tells the workspace and the people why, and resumes it on opening', async () => {
        const { metadata } = await world.make('my-shop');
        const looked = await world.pass('my-shop', ({ status }) => status.idle !== undefined);
        expect(looked.status.idle).toMatchObject({ keptAwakeBy: 'nothing', sentence: 'Idle; hibernates in 8 min.' });
        const asleep = await hibernates('my-shop');
        expect(asleep.status.reason).toMatch(/^Hibernated after \d+ min without activity\.$/);
        expect(await world.hears(metadata.uid, ({ type }) => type === 'stop')).toMatchObject({ reason: asleep.status.reason });
        expect(world.audited).toMatchObject([{ actor: 'system', action: 'workspace.hibernate', target: 'Workspace/team-home/my-shop' }]);
        const opening = world.plane.directory.whenRunning('my-shop', { timeoutMs: 5 * MINUTE });
        const { status } = await world.until('my-shop', running);
        expect(status).toMatchObject({ claim: { generation: 2, launch: 'resumed' } });
        expect(status.reason).toBeUndefined();
        expect((await opening).endpoint).toBeDefined();
    });

    it('warns those inside before', async () => {
        const { metadata } = await world.make('my-shop');
        await world.pass('my-shop', ({ status }) => status.idle?.sentence === 'Idle; hibernates in 3 min.');
        const warning = await world.hears(metadata.uid, (message) => message.type === 'idle' && message.warn);
        expect(warning).toMatchObject({ sentence: 'Idle; hibernates in 4 min.' });
    });

    it('lets a job keep it awake, but not past the ceiling', async () => {
        const { metadata } = await world.make('my-shop');
        const startedMs = world.clock.now();
        world.runtime.say(metadata.uid, activity({ jobs: ['npm run build'], diskMiB: 412, branch: 'main' }));
        const awake = await world.pass('my-shop', ({ status }) => status.diskMiB === 412);
        expect(awake.status).toMatchObject({ branch: 'main', idle: { keptAwakeBy: 'job' } });
        const asleep = await hibernates('my-shop');
        expect((world.clock.now() - startedMs) / MINUTE).toBeGreaterThanOrEqual(IDLE.keepAwakeCeilingMinutes);
        expect(asleep.status.reason).toMatch(/^Hibernated after 2\d min without input, with work still running/);
    });

    it('keeps awake as long as a person in the IDE asks, up to the ceiling', async () => {
        const { metadata } = await world.make('my-shop');
        world.runtime.say(metadata.uid, { type: 'keep-awake', minutes: 43_200 });
        const kept = await world.until('my-shop', ({ spec }) => spec.keepAwakeUntil !== undefined);
        const grantedMs = Date.parse(kept.spec.keepAwakeUntil!) - world.clock.now();
        expect(Math.round(grantedMs / MINUTE)).toBe(IDLE.keepAwakeCeilingMinutes);
    });

    it('hibernates also what failed to prepare: it holds a place like everything that runs', async () => {
        const made = await world.make('my-shop');
        await world.store.updateStatus<'Workspace'>({
            ...made,
            status: { ...made.status, state: 'failed', prepared: false, failedPrepareAttempt: 0 },
        });
        expect((await hibernates('my-shop')).status.reason).toMatch(/without activity/);
    });

    it('tells those who come back that the server was started again', async () => {
        const { metadata } = await world.make('my-shop');
        await world.runtime.crash(metadata.uid);
        await world.until('my-shop', ({ status }) => status.reasonCode === 'backend-crashed');
        const again = await world.until('my-shop', (workspace) => running(workspace) && workspace.status.restarts === 1);
        expect(again.status.claim?.generation).toBe(2);
        world.runtime.say(metadata.uid, activity({ connections: 1, branch: 'told' }));
        await world.pass('my-shop', () => world.runtime.volumes.get(metadata.uid)!.heard.some(({ type }) => type === 'notify'));
        const told = await world.hears(metadata.uid, ({ type }) => type === 'notify');
        expect(told).toMatchObject({ severity: 'warning', text: expect.stringContaining('exit code 1') });
    });

    it('says why a start fails, and starts it when it can', async () => {
        const start = vi
            .spyOn(world.runtime, 'start')
            .mockRejectedValue(new AppError('storage-full', 'The disk is full. Free some space.'));
        await world.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'my-shop' } });
        const failed = await world.until('my-shop', ({ status }) => status.state === 'needs-attention');
        expect(failed.status).toMatchObject({ reason: 'The disk is full. Free some space.', reasonCode: 'storage-full' });
        await expect(world.plane.directory.whenRunning('my-shop', { timeoutMs: MINUTE })).rejects.toThrow('The disk is full');
        start.mockRestore();
        const started = await world.pass('my-shop', running);
        expect(started.status.reason).toBeUndefined();
    });

    it('lets a new workspace wait for the total, and starts it when another is deleted', async () => {
        const team = (await world.store.get('Team', 'tandem', 'home'))!;
        await world.store.update<'Team'>({ ...team, spec: { ...team.spec, memberQuota: { maxWorkspaces: 1 } } });
        await world.make('first');
        await world.plane.createWorkspace({ team: 'home', owner: 'ada', body: { name: 'second' } });
        const waiting = await world.until('second', ({ status }) => status.queuePosition === 1);
        expect(waiting.status.reason).toContain('as many workspaces as allowed (1)');
        await world.store.delete({ kind: 'Workspace', namespace: 'team-home', name: 'first' });
        await world.until('second', running);
    });

    it('notes that a team’s quotas are in force, and ends the pools of a team that is gone', async () => {
        const team = (await world.store.get('Team', 'tandem', 'home'))!;
        await world.store.update<'Team'>({ ...team, spec: { ...team.spec, quota: { maxRunning: 9 } } });
        const observed = async () => (await world.store.get('Team', 'tandem', 'home'))?.status.observedGeneration;
        await vi.waitFor(async () => {
            world.clock.advance(SECOND);
            expect(await observed()).toBe(2);
        });
        await world.store.delete({ kind: 'Team', namespace: 'tandem', name: 'home' });
        await vi.waitFor(async () => expect((await world.store.list('WorkspacePool')).items).toEqual([]));
    });

    it('ends what runs without an object when it was seen twice, and nothing else', async () => {
        const { metadata } = await world.make('my-shop');
        await world.runtime.start({ uid: 'lost', name: 'lost', memoryMiB: 256 });
        const gone = new Promise<void>((resolve) => {
            world.runtime.onDidChange((uid) => uid === 'lost' && !world.runtime.volumes.has('lost') && resolve());
        });
        const rounds = vi.spyOn(world.runtime, 'list');
        world.clock.advance(MINUTE);
        await vi.waitFor(async () => {
            world.clock.advance(MINUTE);
            expect(rounds.mock.calls.length).toBeGreaterThanOrEqual(2);
        });
        await gone;
        expect([...world.runtime.volumes.keys()]).toEqual([metadata.uid]);
    });

    it('writes on time that a grant expired', async () => {
        const { metadata } = await world.store.create({
            kind: 'AccessGrant',
            metadata: { namespace: 'team-home', name: 'for-bob' },
            spec: {
                workspaceRef: 'my-shop',
                subject: 'bob',
                role: 'editor',
                run: false,
                reason: 'pairing',
                grantedBy: 'ada',
                revoked: false,
                expiresAt: new Date(world.clock.now() + HOUR).toISOString(),
            },
            status: { observedGeneration: 0, state: 'active', conditions: [] },
        });
        const state = async () => (await world.store.get('AccessGrant', 'team-home', 'for-bob'))?.status;
        await vi.waitFor(async () => expect(await state()).toMatchObject({ observedGeneration: 1, state: 'active' }));
        await vi.waitFor(async () => {
            world.clock.advance(HOUR);
            expect(await state()).toMatchObject({ state: 'expired' });
        });
        await vi.waitFor(() => expect(world.audited).toMatchObject([{ action: 'grant.expire', grant: metadata.uid }]));
    });

    it('answers a workspace that asks for its owner’s credential', async () => {
        const { metadata } = await world.make('my-shop', 'bob');
        world.runtime.say(metadata.uid, { type: 'credential-request', id: '7', protocol: 'https', host: 'git.example.com' });
        expect(await world.hears(metadata.uid, ({ type }) => type === 'credential')).toEqual({
            type: 'credential',
            id: '7',
            username: 'bob',
            password: 'for git.example.com',
        });
    });
});
