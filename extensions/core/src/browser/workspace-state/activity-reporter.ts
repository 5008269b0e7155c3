/** At most one report of input in this time. */
const INPUT_PERIOD_MS = 15_000;

export interface ActivityReporterOptions {
    report: (activity: { input: boolean; debugging: boolean }) => void;
    now: () => number;
}

/** Decides when a page tells the workspace that somebody is using it. Moving the mouse over a page is no use of it. */
export class ActivityReporter {
    private readonly options: ActivityReporterOptions;
    private reportedMs = Number.NEGATIVE_INFINITY;
    private debugging = false;

    constructor(options: ActivityReporterOptions) {
        this.options = options;
    }

    /** A key, a pointer button or the wheel was used. */
    noteInput(): void {
        const now = this.options.now();
        if (now - this.reportedMs >= INPUT_PERIOD_MS) {
            this.reportedMs = now;
            this.options.report({ input: true, debugging: this.debugging });
        }
    }

    /** Told at once when it changes. */
    noteDebugging(debugging: boolean): void {
        if (debugging !== this.debugging) {
            this.debugging = debugging;
            this.options.report({ input: false, debugging });
        }
    }
}
