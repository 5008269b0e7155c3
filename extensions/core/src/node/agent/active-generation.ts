import type { GenerationSource } from './identity-verifier';

const WAIT_MS = 5_000;

/** The generation of the claim that this start of the workspace was activated for. */
export class ActiveGeneration implements GenerationSource {
    private current: number | undefined;
    private readonly waitMs: number;
    private readonly waiting = new Set<() => void>();

    constructor(waitMs = WAIT_MS) {
        this.waitMs = waitMs;
    }

    get generation(): number | undefined {
        return this.current;
    }

    set(generation: number): void {
        this.current = generation;
        for (const wake of [...this.waiting]) {
            wake();
        }
    }

    async reached(generation: number): Promise<void> {
        const deadline = performance.now() + this.waitMs;
        while ((this.current ?? 0) < generation && performance.now() < deadline) {
            await new Promise<void>((resolve) => {
                const wake = (): void => {
                    clearTimeout(timer);
                    this.waiting.delete(wake);
                    resolve();
                };
                const timer = setTimeout(wake, deadline - performance.now());
                this.waiting.add(wake);
            });
        }
    }
}
