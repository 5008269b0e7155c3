/** Something that is shut down in the reverse order of its registration. */
export class Lifecycle {
    private readonly steps: { name: string; stop: () => Promise<void> | void }[] = [];
    private closing: Promise<void> | undefined;

    /** Registers how `name` is stopped. */
    onStop(name: string, stop: () => Promise<void> | void): void {
        this.steps.push({ name, stop });
    }

    /** Stops everything once, last registered first; failures do not keep the others from stopping. */
    stop(): Promise<void> {
        this.closing ??= this.stopAll();
        return this.closing;
    }

    private async stopAll(): Promise<void> {
        const failures: unknown[] = [];
        for (const step of this.steps.reverse()) {
            try {
                await step.stop();
            } catch (cause) {
                failures.push(new Error(`Stopping ${step.name} failed`, { cause }));
            }
        }
        if (failures.length > 0) {
            throw new AggregateError(failures, 'Not everything stopped cleanly');
        }
    }
}
