import type { StageProgress, Workspace, WorkspaceStage } from '@tandem/protocol';
import { IconCheck, IconCircle, IconLoader2, IconX } from '@tabler/icons-react';
import { useNow } from '../../components/use-now.ts';
import { VisuallyHidden } from '@mantine/core';
import { duration } from '../../logic/time.ts';
import { messages } from '../../messages.ts';
import { STAGE_NAMES, stageStates, type StageState } from './stage-states.ts';
import classes from './stage-list.module.css';

/** How a workspace comes to be: each stage with its time. */
export function StageList({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces;
    const states = stageStates(workspace.status);
    return (
        <ol className={classes['stages']} aria-label={texts.page.progress}>
            {STAGE_NAMES.map((name) => {
                const progress = workspace.status.stages.findLast((each) => each.stage === name);
                return (
                    <Stage
                        key={name}
                        name={name}
                        state={states[name]}
                        progress={progress}
                        detail={progress?.detail ?? queueDetail(workspace, name, states[name])}
                    />
                );
            })}
        </ol>
    );
}

interface StageProps {
    name: WorkspaceStage;
    state: StageState;
    progress: StageProgress | undefined;
    detail: string | undefined;
}

const ICONS = { done: IconCheck, current: IconLoader2, waiting: IconCircle, failed: IconX } as const;

function Stage({ name, state, progress, detail }: StageProps) {
    const texts = messages.workspaces;
    const Icon = ICONS[state];
    const percent = state === 'current' ? progress?.percent : undefined;
    return (
        <li className={classes['stage']} data-state={state} aria-current={state === 'current' ? 'step' : undefined}>
            <span className={classes['icon']}>
                <Icon size={state === 'waiting' ? 14 : 16} aria-hidden />
            </span>
            <span className={classes['name']}>
                {texts.stages[name]}
                <VisuallyHidden>, {texts.stageState[state]}</VisuallyHidden>
            </span>
            <span className={classes['detail']}>{state === 'waiting' ? '' : detail}</span>
            <span className={classes['time']}>
                {progress && state !== 'waiting' && <StageTime progress={progress} running={state === 'current'} />}
            </span>
            {percent !== undefined && (
                <span
                    className={classes['bar']}
                    role="progressbar"
                    aria-label={texts.stages[name]}
                    aria-valuenow={percent}
                    aria-valuemin={0}
                    aria-valuemax={100}
                >
                    <span style={{ width: `${percent}%` }} />
                </span>
            )}
        </li>
    );
}

function StageTime({ progress, running }: { progress: StageProgress; running: boolean }) {
    const begun = Date.parse(progress.startedAt);
    if (progress.endedAt !== undefined) {
        return <>{duration(Date.parse(progress.endedAt) - begun)}</>;
    }
    return running ? <RunningTime since={begun} /> : null;
}

function RunningTime({ since }: { since: number }) {
    const now = useNow(100);
    return <span aria-hidden>{duration(now - since)}</span>;
}

function queueDetail({ status }: Workspace, name: WorkspaceStage, state: StageState): string | undefined {
    const waits = name === 'queued' && state === 'current' && status.queuePosition !== undefined;
    return waits ? messages.workspaces.queuePosition(status.queuePosition ?? 1) : undefined;
}
