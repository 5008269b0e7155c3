import type { Timer } from '@tandem/server-kit';
import type { PlaneContext } from './plane-context.ts';

const PERIOD_MS = 60_000;

/** Ends what runs or lies about without an object: seen twice in a row, so that nothing that is just being made is taken. */
export class OrphanSweep {
    private readonly context: PlaneContext;
    private suspects = new Set<string>();
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

    async round(): Promise<void> {
        const { runtime, store, sessions, logger } = this.context;
        try {
            const found = await runtime.list();
            // From the store itself: deleting files on the word of a cache could take a person's work.
            const { items } = await store.list('Workspace');
            const known = new Set(items.map((item) => item.metadata.uid));
            const orphans = found.filter((uid) => !known.has(uid));
            for (const uid of orphans.filter((candidate) => this.suspects.has(candidate))) {
                logger.warn({ uid }, 'an instance without an object is ended');
                sessions.drop(uid);
                await runtime.destroy(uid);
            }
            this.suspects = new Set(orphans);
        } catch (error) {
            logger.error({ err: error }, 'orphan sweep failed');
        }
        if (!this.stopped) {
            this.start();
        }
    }
}
