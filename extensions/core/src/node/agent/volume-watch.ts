import { stat } from 'node:fs';

const PERIOD_MS = 5_000;

/**
 * Calls back once when a folder is gone. A mounted folder that was removed elsewhere still answers, without links; making
 * folders in it fails in a way that Node's recursive `mkdir` repeats for ever, so whoever lives in it had better end.
 */
export function watchVolume(folder: string, onGone: () => void, periodMs = PERIOD_MS): { dispose(): void } {
    const timer = setInterval(() => {
        stat(folder, (error, facts) => {
            if (error?.code === 'ENOENT' || facts?.nlink === 0) {
                clearInterval(timer);
                onGone();
            }
        });
    }, periodMs);
    timer.unref();
    return { dispose: () => clearInterval(timer) };
}
