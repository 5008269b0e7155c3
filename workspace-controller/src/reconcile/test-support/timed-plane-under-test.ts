import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AuditEntry, ControllerMessage, Workspace } from '@tandem/protocol';
import { createLogger, FakeClock } from '@tandem/server-kit';
import type { NewAuditEntry } from '../../audit/audit-sink.ts';
import { newUser } from '../../store/resource-store.contract.ts';
import { SqliteResourceStore } from '../../store/sqlite/sqlite-resource-store.ts';
import { noCredentials } from './no-credentials.ts';
import { createControlPlane, type ControlPlane } from '../control-plane.ts';
import { InProcessRuntime } from './in-process-runtime.ts';

/** Short, so that a test need not let many hours pass. */
export const IDLE = { idleTimeoutMinutes: 8, keepAwakeCeilingMinutes: 20 };
const ROUND_MS = 10_000;
/** Lets retries happen, and not much else. */
const SMALL_STEP_MS = 50;
const LONGEST_STEPS = 2_000;
const TURNS = 25;

/** The real control plane over the real store, with a clock that only the test moves. */
export interface TimedPlane {
    clock: FakeClock;
    store: SqliteResourceStore;
    runtime: InProcessRuntime;
    plane: ControlPlane;
    audited: NewAuditEntry[];
    /** Makes a workspace of this name and resolves when it runs. */
    make(name: string, owner?: string): Promise<Workspace>;
    /** Lets much time pass until the workspace is as wanted, a round of the idle watch at a time. */
    pass(name: string, wanted: (workspace: Workspace) => boolean): Promise<Workspace>;
    /** Resolves when the workspace is as wanted; time hardly passes. */
    until(name: string, wanted: (workspace: Workspace) => boolean): Promise<Workspace>;
    /** Resolves when the workspace has heard a message like that. */
    hears(uid: string, like: (message: ControllerMessage) => boolean): Promise<ControllerMessage>;
    close(): Promise<void>;
}

export async function startTimedPlane(): Promise<TimedPlane> {
    const directory = await mkdtemp(join(tmpdir(), 'tandem-timed-'));
    const clock = new FakeClock();
    const store = await SqliteResourceStore.open(join(directory, 'resources.sqlite'), clock);
    await store.create(newUser('ada'));
    await store.create(newUser('bob'));
    const runtime = new InProcessRuntime(directory);
    const audited: NewAuditEntry[] = [];
    const plane = createControlPlane({
        store,
        runtime,
        mintControlToken: () => Promise.resolve('token'),
        credentials: { ...noCredentials, git: (owner, { host }) => Promise.resolve({ username: owner, password: `for ${host}` }) },
        audit: {
            append: (entry) => {
                audited.push(entry);
                return Promise.resolve(entry as AuditEntry);
            },
        },
        clock,
        logger: createLogger({ name: 'timed', level: process.env['TANDEM_TEST_LOG'] ?? 'silent' }),
        portalUrl: 'http://tandem.localhost',
        poolSize: 0,
    });
    await plane.start();
    const template = (await store.get('WorkspaceTemplate', 'tandem', 'default'))!;
    await store.update<'WorkspaceTemplate'>({ ...template, spec: { ...template.spec, ...IDLE } });
    const moveClock = async (name: string, wanted: (workspace: Workspace) => boolean, stepMs: number): Promise<Workspace> => {
        for (let step = 0; step < LONGEST_STEPS; step++) {
            clock.advance(stepMs);
            // What the clock set off comes to an end first: a ping is answered, a write is done.
            for (let turn = 0; turn < TURNS; turn++) {
                await setImmediate();
            }
            const workspace = await store.get('Workspace', 'team-home', name);
            if (workspace !== undefined && wanted(workspace)) {
                return workspace;
            }
        }
        throw new Error(`${name} did not become as wanted`);
    };
    const until: TimedPlane['until'] = (name, wanted) => moveClock(name, wanted, SMALL_STEP_MS);
    return {
        clock,
        store,
        runtime,
        plane,
        audited,
        until,
        async make(name, owner = 'ada') {
            await plane.createWorkspace({ team: 'home', owner, body: { name } });
            return until(name, (workspace) => workspace.status.state === 'running');
        },
        pass: (name, wanted) => moveClock(name, wanted, ROUND_MS),
        hears(uid, like) {
            return runtime.untilHeard(uid, like);
        },
        async close() {
            await plane.stop();
            await runtime.close();
            await store.close();
            await rm(directory, { recursive: true, force: true });
        },
    };
}
