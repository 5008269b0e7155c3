import type { Timer } from '@tandem/server-kit';
import type { PlaneContext } from './plane-context.ts';

const PERIOD_MS = 60_000;
/** With more orphans than objects (and more than a handful) the database is likelier wrong than the disk. */
const FEW = 3;

export interface OrphanVerdict {
    /** To be ended, with their files. */
    destroy: string[];
    /** To be ended; their files are left for an admin to look at. */
    stop: string[];
    suspects: Set<string>;
}

/**
 * What runs or lies about without an object: seen twice in a row, so that nothing that is just being made is taken.
 *
 * @param known uids of all objects
 * @param suspects orphans of the last look
 */
export function judgeOrphans(found: readonly string[], known: ReadonlySet<string>, suspects: ReadonlySet<string>): OrphanVerdict {
    const orphans = found.filter((uid) => !known.has(uid));
    const sure = orphans.filter((uid) => suspects.has(uid));
    const doubtful = orphans.length > Math.max(FEW, found.length - orphans.length);
    return { destroy: doubtful ? [] : sure, stop: doubtful ? sure : [], suspects: new Set(orphans) };
}

/** Ends instances without an object. */
export class OrphanSweep {
    private readonly context: PlaneContext;
    private suspects: ReadonlySet<string> = new Set();
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
        try {
            await this.look();
        } catch (error) {
            this.context.logger.error({ err: error }, 'orphan sweep failed');
        }
        if (!this.stopped) {
            this.start();
        }
    }

    private async look(): Promise<void> {
        const { runtime, store, sessions, logger } = this.context;
        const found = await runtime.list();
        // From the store itself: deleting files on the word of a cache could take a person's work.
        const { items } = await store.list('Workspace');
        const { destroy, stop, suspects } = judgeOrphans(found, new Set(items.map((item) => item.metadata.uid)), this.suspects);
        this.suspects = suspects;
        for (const uid of destroy) {
            logger.warn({ uid }, 'an instance without an object is ended');
            sessions.drop(uid);
            await runtime.destroy(uid);
        }
        if (stop.length > 0) {
            logger.error(
                { uids: stop },
                'most instances have no object: they are stopped, and their files are kept. Is this the right database?',
            );
            for (const uid of stop) {
                sessions.drop(uid);
                await runtime.stop(uid, { graceMs: 10_000 });
            }
        }
    }
}
