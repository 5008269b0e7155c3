import { describe, expect, it } from 'vitest';
import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import { newWorkspaceStatus } from '../../resources/new-workspace.ts';
import type { Boot, InstanceState } from '../../runtime/workspace-runtime.ts';
import { hibernated } from './hibernation.ts';
import { isWaiting, planWorkspace, type ControlFacts, type Status, type WorkspaceFacts, type WorkspacePlan } from './plan.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const start = Date.UTC(2026, 0, 1, 9);
const boot: Boot = { bootId: 'boot-1', endpoint: { socketPath: '/socket' }, describe: 'pid 1' };
const started: InstanceState = { phase: 'started', boot };
const crashed: InstanceState = { phase: 'crashed', exit: 'exit code 3', logTail: '' };
const claim = { uid: 'claim', generation: 1, launch: 'cold' } as const;

const control = (changes: Partial<ControlFacts> = {}): ControlFacts => ({
    bootId: boot.bootId,
    connected: true,
    silentSinceMs: undefined,
    keptClaim: undefined,
    activatedGeneration: undefined,
    activationAsked: undefined,
    refusal: undefined,
    preparation: undefined,
    progress: undefined,
    ...changes,
});

interface Given extends Partial<Omit<WorkspaceFacts, 'workspace'>> {
    status?: Partial<Status>;
    spec?: Partial<Workspace['spec']>;
    metadata?: Partial<Workspace['metadata']>;
}

const given = ({ status, spec, metadata, ...facts }: Given): WorkspaceFacts => ({
    workspace: {
        apiVersion: 'tandem.dev/v1alpha1',
        kind: 'Workspace',
        metadata: {
            namespace: 'team-home',
            name: 'shop',
            uid: 'uid',
            resourceVersion: '1',
            generation: 1,
            labels: {},
            annotations: {},
            finalizers: ['tandem.dev/cleanup'],
            createdAt: new Date(start).toISOString(),
            ...metadata,
        },
        spec: { owner: 'ada', displayName: 'Shop', templateRef: 'default', operatingMode: 'Running', ...spec },
        status: { ...newWorkspaceStatus(), observedGeneration: 1, ...status },
    },
    instance: { phase: 'absent' },
    control: undefined,
    admission: { admitted: true },
    nowMs: start,
    newClaimUid: 'claim',
    ...facts,
});

const plan = (facts: Given): WorkspacePlan => planWorkspace(given(facts));
const member = { labels: { [POOL_LABEL]: 'default' } };
const acts = ({ actions }: WorkspacePlan): string[] => actions.map(({ type }) => type);

describe('the plan for a workspace', () => {
    it('is the same when it is made again from the same facts', () => {
        const facts = given({ instance: started, control: control(), status: { claim } });
        expect(planWorkspace(facts)).toEqual(planWorkspace(facts));
    });

    it('writes the claim before the first start', () => {
        const result = plan({});
        expect(result.status.claim).toEqual(claim);
        expect(acts(result)).toEqual(['start']);
    });

    it('tells the time of waiting in the stages, from the request on', () => {
        const queued = { stage: 'queued', startedAt: new Date(start - 3 * MINUTE).toISOString() } as const;
        const [first] = plan({ status: { stages: [queued] } }).status.stages;
        expect(first).toEqual({ ...queued, endedAt: new Date(start).toISOString() });
    });

    it('waits in line with place and reason, and starts nothing', () => {
        const result = plan({ admission: { admitted: false, position: 2, reason: 'The team is full.' } });
        expect(result.status).toMatchObject({ state: 'queued', queuePosition: 2, reason: 'The team is full.' });
        expect(result.actions).toEqual([]);
    });

    it('connects to what is started, then activates, then prepares, then is ready', () => {
        const status = { claim };
        expect(acts(plan({ instance: started, status }))).toEqual(['connect']);
        expect(acts(plan({ instance: started, status, control: control() }))).toEqual(['activate']);
        const active = { activatedGeneration: 1 };
        expect(acts(plan({ instance: started, status, control: control(active) }))).toEqual(['prepare']);
        const done = plan({
            instance: started,
            status,
            control: control({ ...active, preparation: { attempt: 0, outcome: { ok: true } } }),
        });
        expect(done.status).toMatchObject({ state: 'running', prepared: true });
    });

    it('does not repeat an activation that is on its way, but does after ten seconds', () => {
        const asked = (atMs: number) =>
            plan({ instance: started, status: { claim }, control: control({ activationAsked: { generation: 1, sinceMs: atMs, atMs } }) });
        expect(acts(asked(start - 2 * SECOND))).toEqual([]);
        expect(asked(start - 2 * SECOND).requeueAfterMs).toBe(8 * SECOND);
        expect(acts(asked(start - 10 * SECOND))).toEqual(['activate']);
    });

    it('raises the generation once for a resume, before anything starts', () => {
        const status = { claim, state: 'hibernated', prepared: true } as const;
        const first = plan({ status, instance: { phase: 'stopped' } });
        expect(first.status.claim).toMatchObject({ generation: 2, launch: 'resumed' });
        const again = plan({ status: first.status, instance: { phase: 'stopped' } });
        expect(again.status.claim?.generation).toBe(2);
        expect(acts(again)).toEqual(['start']);
    });

    it('raises the generation also when the resume had to wait in line', () => {
        const status = { claim, state: 'queued', prepared: true } as const;
        expect(plan({ status, instance: { phase: 'stopped' } }).status.claim?.generation).toBe(2);
    });

    it('keeps the reason of a failed start until one succeeds', () => {
        const status = { claim, state: 'needs-attention', reason: 'The disk is full.', reasonCode: 'storage-full' } as const;
        expect(plan({ status }).status).toMatchObject(status);
        const starting = plan({ status, instance: { phase: 'starting', boot } });
        expect(starting.status).toMatchObject({ state: 'preparing' });
        expect(starting.status.reason).toBeUndefined();
    });

    it('keeps a running workspace usable while its control socket is away', () => {
        const status = { claim, state: 'running', bootId: boot.bootId, prepared: true } as const;
        const away = control({ connected: false, silentSinceMs: start - 60 * MINUTE });
        const result = plan({ instance: started, status, control: away });
        expect(result.status.state).toBe('running');
        expect(acts(result)).toEqual(['connect']);
    });

    it.each([
        ['connects', control({ connected: false, silentSinceMs: start - 90 * SECOND })],
        ['is activated', control({ silentSinceMs: start - 90 * SECOND })],
    ])('ends and starts a boot again that never %s', (_what, silent) => {
        const status = { claim, state: 'preparing', bootId: boot.bootId } as const;
        const result = plan({ instance: started, status, control: silent });
        expect(acts(result)).toEqual(['stop', 'start']);
        expect(result.status).toMatchObject({ restarts: 1, claim: { generation: 2 }, reasonCode: 'backend-crashed' });
    });

    it('looks again when a silent boot has had its time', () => {
        const silent = control({ connected: false, silentSinceMs: start - 80 * SECOND });
        expect(plan({ instance: started, status: { claim, state: 'preparing' }, control: silent }).requeueAfterMs).toBe(10 * SECOND);
    });

    it('tells why a boot refused, and raises an older generation of the same claim only when asked', () => {
        const refusal = { code: 'stale-generation', reason: 'Generation 1 is older than 7.' };
        const refusing = control({ refusal, keptClaim: { uid: 'claim', generation: 7 } });
        const status = { claim, bootId: boot.bootId };
        const told = plan({ instance: started, status, control: refusing });
        expect(told).toMatchObject({ status: { state: 'needs-attention', reasonCode: 'stale-generation' }, actions: [] });
        const retried = plan({ instance: started, status, control: refusing, metadata: { generation: 2 } });
        expect(retried.actions).toEqual([{ type: 'activate', generation: 8, bootId: boot.bootId }]);
        const foreign = control({ refusal, keptClaim: { uid: 'other', generation: 7 } });
        expect(plan({ instance: started, status, control: foreign, metadata: { generation: 2 } }).actions).toEqual([]);
    });

    it('tells why a preparation failed, and tries again only when the attempt is raised', () => {
        const outcome = { ok: false, stage: 'cloning', code: 'git-auth', reason: 'Access is refused.' } as const;
        const failing = control({ activatedGeneration: 1, preparation: { attempt: 0, outcome } });
        const failed = plan({ instance: started, status: { claim }, control: failing });
        expect(failed.status).toMatchObject({ state: 'failed', reasonCode: 'git-auth', failedPrepareAttempt: 0 });
        const active = control({ activatedGeneration: 1 });
        expect(plan({ instance: started, status: failed.status, control: active })).toMatchObject({
            status: { state: 'failed', reason: 'Access is refused.' },
            actions: [],
        });
        expect(acts(plan({ instance: started, status: failed.status, control: active, spec: { prepareAttempt: 1 } }))).toEqual(['prepare']);
    });

    it('destroys what is deleted before the object goes', () => {
        const metadata = { deletedAt: new Date(start).toISOString() };
        expect(acts(plan({ metadata, instance: started }))).toEqual(['destroy', 'remove-finalizer']);
        expect(acts(plan({ metadata }))).toEqual(['remove-finalizer']);
    });
});

describe('a backend that crashed', () => {
    const status = { claim, state: 'running', bootId: boot.bootId, prepared: true } as const;

    it('is started again after a pause that grows', () => {
        const first = plan({ instance: crashed, status });
        expect(first).toMatchObject({ status: { restarts: 1, state: 'preparing', reasonCode: 'backend-crashed' }, requeueAfterMs: SECOND });
        const again = plan({ instance: crashed, status: first.status, nowMs: start + SECOND });
        expect(acts(again)).toEqual(['start']);
        expect(again.status).toMatchObject({ restarts: 1, claim: { generation: 2, launch: 'resumed' } });
        const second = plan({ instance: crashed, status: again.status, nowMs: start + 5 * SECOND });
        expect(second).toMatchObject({ status: { restarts: 2 }, requeueAfterMs: 2 * SECOND });
    });

    it('needs attention after three crashes in a row, and is still tried', () => {
        let state: Status = given({ status }).workspace.status;
        let nowMs = start;
        for (let round = 0; round < 3; round++) {
            state = plan({ instance: crashed, status: state, nowMs }).status;
            nowMs += MINUTE;
            const restart = plan({ instance: crashed, status: state, nowMs });
            expect(acts(restart)).toEqual(['start']);
            state = restart.status;
        }
        expect(state.state).toBe('needs-attention');
    });

    it('counts from one again after it ran well for a while', () => {
        const noted = plan({ instance: crashed, status }).status;
        const restarted = plan({ instance: crashed, status: noted, nowMs: start + SECOND }).status;
        const later = plan({ instance: crashed, status: { ...restarted, restarts: 2 }, nowMs: start + 11 * MINUTE });
        expect(later.status.restarts).toBe(1);
    });

    it('does not wait for the pause when somebody asks', () => {
        const noted = plan({ instance: crashed, status: { ...status, restarts: 5 } }).status;
        expect(acts(plan({ instance: crashed, status: noted, metadata: { generation: 2 } }))).toEqual(['start']);
    });
});

describe('hibernation', () => {
    it('stops what runs, keeps the boot until it is gone, and gives the reason', () => {
        const { workspace } = given({ status: { claim, state: 'running', bootId: boot.bootId } });
        const asked = hibernated(workspace, 'Hibernated after 60 min: nobody was here.');
        const metadata = { ...asked.metadata, generation: workspace.metadata.generation + 1 };
        const facts = { ...given({ instance: started }), workspace: { ...asked, metadata } };
        const stopping = planWorkspace(facts);
        expect(acts(stopping)).toEqual(['stop']);
        expect(stopping.status).toMatchObject({
            state: 'hibernated',
            reason: 'Hibernated after 60 min: nobody was here.',
            bootId: 'boot-1',
        });
        const asleep = planWorkspace({
            ...facts,
            instance: { phase: 'stopped' },
            workspace: { ...facts.workspace, status: stopping.status },
        });
        expect(asleep).toMatchObject({ status: { reason: stopping.status.reason }, actions: [] });
        expect(asleep.status.bootId).toBeUndefined();
    });

    it('does not repeat the reason of an earlier time', () => {
        const { workspace } = given({ status: { claim, state: 'running' }, spec: { operatingMode: 'Hibernated' } });
        const earlier = hibernated(workspace, 'Nobody was here.').metadata;
        const result = plan({
            metadata: { ...earlier, generation: 9 },
            spec: { operatingMode: 'Hibernated' },
            instance: { phase: 'stopped' },
        });
        expect(result.status.reason).toBe('Hibernated on request.');
    });
});

describe('a member of a pool', () => {
    it('is started, connected, and only then claimable', () => {
        expect(acts(plan({ metadata: member }))).toEqual(['start']);
        const connecting = plan({ metadata: member, instance: started });
        expect(acts(connecting)).toEqual(['connect']);
        const ready = plan({ metadata: member, instance: started, control: control() });
        const { workspace } = given({ metadata: member });
        expect(isWaiting({ ...workspace, status: connecting.status })).toBe(false);
        expect(isWaiting({ ...workspace, status: ready.status })).toBe(true);
        expect(ready.status.state).toBe('preparing');
    });

    it('is replaced when it crashed, is gone, or is stuck for five minutes', () => {
        const facts = { metadata: member, status: { bootId: boot.bootId } };
        expect(acts(plan({ ...facts, instance: crashed }))).toEqual(['delete-object']);
        expect(acts(plan({ ...facts, instance: { phase: 'stopped' } }))).toEqual(['delete-object']);
        const late = { ...facts, nowMs: start + 6 * MINUTE };
        expect(acts(plan({ ...late, instance: { phase: 'starting', boot } }))).toEqual(['delete-object']);
        const silent = control({ connected: false, silentSinceMs: start });
        expect(acts(plan({ ...late, instance: started, control: silent }))).toEqual(['delete-object']);
    });

    it('is not replaced for a lost connection after hours of waiting', () => {
        const nowMs = start + 600 * MINUTE;
        const lost = control({ connected: false, silentSinceMs: nowMs - SECOND });
        expect(acts(plan({ metadata: member, instance: started, control: lost, nowMs }))).toEqual(['connect']);
    });

    it('is neither given away nor deleted when its files are somebody’s', () => {
        const held = plan({ metadata: member, instance: started, control: control({ keptClaim: { uid: 'old', generation: 3 } }) });
        expect(held).toMatchObject({ status: { state: 'needs-attention', reasonCode: 'other-claim', conditions: [] }, actions: [] });
    });
});
