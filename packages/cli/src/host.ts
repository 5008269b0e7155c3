import { hostname } from 'node:os';
import type { Readable } from 'node:stream';
import { createLoopbackFetch } from './loopback-fetch.ts';

/** What the command needs of the machine; tests give their own. */
export interface CliHost {
    env: Readonly<Record<string, string | undefined>>;
    hostname: string;
    stdin: Readable & { isTTY?: boolean };
    /** Raw bytes too, for `backup -`. Resolves when the reader has taken them. */
    write: (chunk: string | Uint8Array) => Promise<void>;
    writeError: (text: string) => void;
    isTerminal: boolean;
    now: () => number;
    fetch: typeof fetch;
    signal: AbortSignal;
}

/** The process this runs in. Ctrl-C aborts what is under way. */
export function systemHost(): CliHost {
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort());
    // A reader that goes away (`tandem … | head`) is no failure.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
    return {
        env: process.env,
        hostname: hostname(),
        stdin: process.stdin,
        write: (chunk) => new Promise((resolve, reject) => process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))),
        writeError: (text) => void process.stderr.write(text),
        isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
        now: () => Date.now(),
        fetch: createLoopbackFetch(),
        signal: interrupt.signal,
    };
}
