/** Every problem of a configuration at once, each with the option's name and what to do. */
export class ConfigError extends Error {
    readonly problems: readonly string[];

    constructor(problems: readonly string[]) {
        super(problems.join('\n'));
        this.name = 'ConfigError';
        this.problems = problems;
    }
}

/**
 * Reads options from command line values and environment variables, collecting all problems. A command line value wins
 * over `TANDEM_…`, which wins over the default.
 */
export class ConfigReader {
    private readonly problems: string[] = [];
    private readonly values: Readonly<Record<string, unknown>>;
    private readonly environment: NodeJS.ProcessEnv;

    constructor(values: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv) {
        this.values = values;
        this.environment = environment;
    }

    string(option: string, variable: string, fallback: string): string;
    string(option: string, variable: string, fallback?: undefined): string | undefined;
    string(option: string, variable: string, fallback?: string): string | undefined {
        const given = this.values[option] ?? this.environment[variable];
        return given === undefined || given === '' ? fallback : String(given);
    }

    integer(option: string, variable: string, bounds: { fallback: number; minimum: number; maximum: number }): number {
        const given = this.string(option, variable);
        if (given === undefined) {
            return bounds.fallback;
        }
        const value = Number(given);
        if (!Number.isInteger(value) || value < bounds.minimum || value > bounds.maximum) {
            this.problem(`${variable} is "${given}". Give a whole number from ${bounds.minimum} to ${bounds.maximum}.`);
            return bounds.fallback;
        }
        return value;
    }

    boolean(option: string, variable: string, fallback: boolean): boolean {
        const given = this.values[option] ?? this.environment[variable];
        if (given === undefined || given === '') {
            return fallback;
        }
        if (['1', 'true', 'yes', 'on'].includes(String(given))) {
            return true;
        }
        if (['0', 'false', 'no', 'off'].includes(String(given))) {
            return false;
        }
        this.problem(`${variable} is "${String(given)}". Give true or false.`);
        return fallback;
    }

    problem(text: string): void {
        this.problems.push(text);
    }

    /** @throws ConfigError with every problem found so far. */
    finish(): void {
        if (this.problems.length > 0) {
            throw new ConfigError(this.problems);
        }
    }
}
