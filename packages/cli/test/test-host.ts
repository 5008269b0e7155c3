import { Readable } from 'node:stream';
import { createLoopbackFetch } from '../src/loopback-fetch.ts';
import { runCli } from '../src/run-cli.ts';

/** Runs a command as a person would, in this process, and returns what they would see. For tests. */
export async function run(
    args: readonly string[],
    env: Record<string, string | undefined>,
    stdin = '',
): Promise<{ code: number; out: string; err: string }> {
    const out: Buffer[] = [];
    let err = '';
    const code = await runCli(args, {
        env,
        hostname: 'laptop',
        stdin: Readable.from([stdin]),
        write: async (chunk) => void out.push(Buffer.from(chunk)),
        writeError: (text) => (err += text),
        isTerminal: false,
        now: () => Date.UTC(2026, 0, 2),
        fetch: createLoopbackFetch(),
        signal: new AbortController().signal,
    });
    return { code, out: Buffer.concat(out).toString(), err };
}
