import { isDeepStrictEqual } from 'node:util';
import { POOL_LABEL, type Workspace } from '@tandem/protocol';
import { AppError, type Timer } from '@tandem/server-kit';
import { judgeIdleness, type IdleVerdict } from '../domain/idle-policy.ts';
import type { ControlState } from './control/control-sessions.ts';
import type { PlaneContext } from './plane-context.ts';
import { hibernated } from './workspace/hibernation.ts';
import { templateOf } from './workspace/messages.ts';

const PERIOD_MS = 10_000;
const MINUTE_MS = 60_000;
const DEFAULT_IDLE_MINUTES = 60;
const DEFAULT_CEILING_MINUTES = 720;
const PAGE_OPENS_MS = 3_000;

/** A failed preparation takes a place like everything else that runs, and is idle in the same way. */
const isAwake = ({ spec, status, metadata }: Workspace): boolean =>
    spec.operatingMode === 'Running' &&
    (status.state === 'running' || status.state === 'failed') &&
    metadata.labels[POOL_LABEL] === undefined &&
    metadata.deletedAt === undefined;

/** Looks at every running workspace from time to time, tells what keeps it awake, and hibernates what is idle. */
export class IdleWatch {
    private readonly context: PlaneContext;
    private timer: Timer | undefined;
    private stopped = false;

    constructor(context: PlaneContext) {
        this.context = context;
    }

    start(): void {
        this.timer = this.context.clock.setTimeout(() => void this.round(), PERIOD_MS);
    }

    stop(): void {
        this.stopped = true;
        this.timer?.cancel();
    }

    private async round(): Promise<void> {
        const { informer, sessions, logger } = this.context;
        const looks = informer.all('Workspace').map(async (workspace) => {
            const { uid } = workspace.metadata;
            const state = sessions.get(uid);
            if (!isAwake(workspace) || !state?.session.connected) {
                return;
            }
            try {
                await this.look(workspace, state);
            } catch (error) {
                // Someone else wrote at the same time: the next round sees it.
                if (!(error instanceof AppError && (error.code === 'conflict' || error.code === 'not-found'))) {
                    logger.error({ err: error, uid }, 'idle check failed');
                }
            }
        });
        // All at once, so that their writes share commits.
        await Promise.all(looks);
        if (!this.stopped) {
            this.start();
        }
    }

    private async look(workspace: Workspace, state: ControlState): Promise<void> {
        const { store, informer, clock, audit } = this.context;
        const nowMs = clock.now();
        const template = templateOf(this.context, workspace)?.spec;
        const activity = state.activity;
        const lastInputAtMs = activity?.report.sinceInputMs === undefined ? undefined : activity.atMs - activity.report.sinceInputMs;
        const verdict = judgeIdleness({
            nowMs,
            // After a restart of the controller the reports of before are gone: what the status kept counts.
            runningSinceMs: Math.max(state.sinceMs, Date.parse(workspace.status.lastActivityAt ?? '') || 0),
            lastInputAtMs,
            jobs: activity?.report.jobs ?? [],
            taskRunning: activity?.report.taskRunning ?? false,
            debugRunning: activity?.report.debugRunning ?? false,
            keepAwakeUntilMs: workspace.spec.keepAwakeUntil === undefined ? undefined : Date.parse(workspace.spec.keepAwakeUntil),
            idleTimeoutMs: (template?.idleTimeoutMinutes ?? DEFAULT_IDLE_MINUTES) * MINUTE_MS,
            ceilingMs: (template?.keepAwakeCeilingMinutes ?? DEFAULT_CEILING_MINUTES) * MINUTE_MS,
        });
        this.tell(workspace.metadata.uid, state, verdict);
        this.tellNews(workspace.metadata.uid, state);
        const status = describe(workspace, activity?.report, lastInputAtMs, verdict);
        let current = workspace;
        if (!isDeepStrictEqual(status, workspace.status)) {
            current = await store.updateStatus<'Workspace'>({ ...workspace, status });
            informer.apply(current);
        }
        if (verdict.hibernate) {
            informer.apply(await store.update<'Workspace'>(hibernated(current, verdict.hibernationReason)));
            await audit.append({
                actor: 'system',
                action: 'workspace.hibernate',
                target: `Workspace/${workspace.metadata.namespace}/${workspace.metadata.name}`,
                outcome: 'allowed',
                detail: { reason: verdict.hibernationReason },
            });
        }
    }

    /** Of a restart that nobody had asked for; once somebody has been there long enough to have a page that hears it. */
    private tellNews(uid: string, state: ControlState): void {
        const { clock, sessions } = this.context;
        const { activity, news } = state;
        const arrived = activity !== undefined && activity.report.connections > 0 && clock.now() - activity.atMs >= PAGE_OPENS_MS;
        if (news !== undefined && arrived && sessions.send(uid, { type: 'notify', severity: 'warning', text: news })) {
            state.news = undefined;
        }
    }

    private tell(uid: string, state: ControlState, verdict: IdleVerdict): void {
        const message = {
            type: 'idle' as const,
            sentence: verdict.sentence,
            hibernatesAt: new Date(verdict.hibernatesAtMs).toISOString(),
            warn: verdict.warn,
        };
        const told = JSON.stringify(message);
        if (told !== state.toldIdle && this.context.sessions.send(uid, message)) {
            state.toldIdle = told;
        }
    }
}

/** The status with what is known of the activity; times to the minute, so that it does not change with every look. */
function describe(
    workspace: Workspace,
    report: NonNullable<ControlState['activity']>['report'] | undefined,
    lastInputAtMs: number | undefined,
    verdict: IdleVerdict,
): Workspace['status'] {
    const toMinute = (ms: number): string => new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS).toISOString();
    return {
        ...workspace.status,
        ...(lastInputAtMs === undefined ? {} : { lastActivityAt: toMinute(lastInputAtMs) }),
        ...(report?.branch === undefined ? {} : { branch: report.branch }),
        ...(report?.uncommittedFiles === undefined ? {} : { uncommittedFiles: report.uncommittedFiles }),
        ...(report?.diskMiB === undefined ? {} : { diskMiB: report.diskMiB }),
        idle: {
            keptAwakeBy: verdict.keptAwakeBy,
            sentence: verdict.sentence,
            hibernatesAt: toMinute(verdict.hibernatesAtMs),
        },
    };
}
