import type { StageProgress, WorkspaceStage } from '@tandem/protocol';

/** Begins a stage and ends the ones before it; a stage that is open already goes on. */
export function enterStage(stages: readonly StageProgress[], stage: WorkspaceStage, now: string): StageProgress[] {
    const open = stages.find((entry) => entry.stage === stage && entry.endedAt === undefined);
    const others = stages
        .filter((entry) => entry.stage !== stage)
        .map((entry) => (entry.endedAt === undefined ? { ...entry, endedAt: now } : entry));
    return [...others, open ?? { stage, startedAt: now, ...(stage === 'ready' ? { endedAt: now } : {}) }];
}

/** Notes how far the open stage has come. */
export function noteProgress(stages: readonly StageProgress[], progress: { percent?: number; detail?: string }): StageProgress[] {
    return stages.map((entry) =>
        entry.endedAt === undefined
            ? {
                  ...entry,
                  ...(progress.percent === undefined ? {} : { percent: progress.percent }),
                  ...(progress.detail === undefined ? {} : { detail: progress.detail }),
              }
            : entry,
    );
}

/** Ends whatever is open. */
export function endStages(stages: readonly StageProgress[], now: string): StageProgress[] {
    return stages.map((entry) => (entry.endedAt === undefined ? { ...entry, endedAt: now } : entry));
}
