import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Activate } from '@tandem/protocol';

/** Whose the workspace is, as kept on its volume. */
export interface Claim {
    uid: string;
    generation: number;
    owner: string;
    /** The start that the claim was last activated in. */
    bootId: string;
}

export type Verdict = { accepted: true; repeated: boolean } | { accepted: false; code: string; reason: string };

/**
 * Whether an activation is accepted: its generation is newer, or equal with a new boot id. The same once more, as after
 * a lost answer, is answered again.
 *
 * @param bootId of this start of the workspace
 */
export function judgeActivation(kept: Claim | undefined, bootId: string, asked: Activate): Verdict {
    const refuse = (code: string, reason: string): Verdict => ({ accepted: false, code, reason });
    if (asked.bootId !== bootId) {
        return refuse('wrong-boot', `The activation is for boot ${asked.bootId}, this is ${bootId}.`);
    }
    if (kept === undefined || asked.generation > kept.generation) {
        return { accepted: true, repeated: false };
    }
    if (asked.generation < kept.generation) {
        return refuse('stale-generation', `Generation ${asked.generation} is older than ${kept.generation}.`);
    }
    if (asked.claimUid !== kept.uid) {
        return refuse('other-claim', `Generation ${kept.generation} belongs to another claim.`);
    }
    return { accepted: true, repeated: kept.bootId === bootId };
}

/** The claim's file on the volume. */
export class ClaimStore {
    private readonly file: string;

    constructor(stateFolder: string) {
        this.file = path.join(stateFolder, 'claim.json');
    }

    async load(): Promise<Claim | undefined> {
        return readJson<Claim>(this.file);
    }

    async save(claim: Claim): Promise<void> {
        await writeJson(this.file, claim);
    }
}

/** @returns undefined when there is no such file, or no JSON in it */
export async function readJson<T>(file: string): Promise<T | undefined> {
    try {
        return JSON.parse(await readFile(file, 'utf8')) as T;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) {
            return undefined;
        }
        throw error;
    }
}

/** Writes beside, flushes and renames: a crash leaves the old or the new. */
export async function writeJson(file: string, value: unknown): Promise<void> {
    await writeText(file, `${JSON.stringify(value, undefined, 4)}\n`, { durable: true });
}

/** @param options.durable waits for the disk; not needed for what is written anew at every start */
export async function writeText(file: string, text: string, options: { durable: boolean }): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const beside = `${file}.${process.pid}.new`;
    const handle = await open(beside, 'w', 0o600);
    try {
        await handle.writeFile(text);
        if (options.durable) {
            await handle.sync();
        }
    } finally {
        await handle.close();
    }
    await rename(beside, file);
}
