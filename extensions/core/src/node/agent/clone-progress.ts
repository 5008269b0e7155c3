/** One line of `git clone --progress`, for people and a progress bar. */
export interface CloneProgress {
    /** 0 to 100 over the whole clone. */
    percent: number;
    /** "Receiving objects, 41.2 MiB" */
    detail: string;
}

/** How much of a clone's time each step usually takes; `from` to `to` of the whole. */
const STEPS: readonly { pattern: RegExp; from: number; to: number }[] = [
    { pattern: /^(?:remote: )?Enumerating objects/, from: 0, to: 1 },
    { pattern: /^(?:remote: )?Counting objects/, from: 1, to: 4 },
    { pattern: /^(?:remote: )?Compressing objects/, from: 4, to: 10 },
    { pattern: /^Receiving objects/, from: 10, to: 75 },
    { pattern: /^Resolving deltas/, from: 75, to: 92 },
    { pattern: /^(?:Updating files|Checking out files)/, from: 92, to: 100 },
];

/** @returns undefined for lines that tell no progress */
export function parseCloneProgress(line: string): CloneProgress | undefined {
    const step = STEPS.find(({ pattern }) => pattern.test(line));
    if (step === undefined) {
        return undefined;
    }
    const name = line.replace(/^remote: /, '').split(':', 1)[0] ?? '';
    const part = Number(/(\d+)%/.exec(line)?.[1] ?? 0);
    const amount = /([\d.]+ (?:bytes|[KMGT]i?B))/.exec(line)?.[1];
    return {
        percent: Math.round(step.from + ((step.to - step.from) * part) / 100),
        detail: amount === undefined ? name : `${name}, ${amount}`,
    };
}

/** Cuts a stream into lines; progress lines end with a carriage return. */
export function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
    let rest = '';
    return (chunk) => {
        const parts = (rest + chunk).split(/[\r\n]/);
        rest = parts.pop() ?? '';
        for (const line of parts) {
            if (line.trim() !== '') {
                onLine(line);
            }
        }
    };
}
