import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a new controller must know to find a workspace again. Written before the start and completed after it. */
export interface InstanceRecord {
    uid: string;
    name: string;
    memoryMiB: number;
    /** Started for nobody yet. */
    background?: boolean;
    /** OS user of the workspace; absent when it runs as the platform's. */
    osUid?: number;
    boot?: {
        bootId: string;
        /** Of this boot of the machine, so that a restart of the machine is not taken for a crash. */
        machineBootId: string;
        pid?: number;
        /** Start time of the process as the OS gives it; tells a process from a later one with the same pid. */
        startTime?: string;
        stopRequested?: boolean;
    };
    /** How the last start ended when nobody had asked for it. */
    exit?: string;
}

/** @returns undefined when there is none, or when it was cut short by a crash of an older release */
export async function readInstanceRecord(file: string): Promise<InstanceRecord | undefined> {
    try {
        return JSON.parse(await readFile(file, 'utf8')) as InstanceRecord;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) {
            return undefined;
        }
        throw error;
    }
}

/** Writes beside, flushes, renames, flushes the folder: readers see the old or the new one, also after a power cut. */
export async function writeFileAtomically(file: string, content: string, mode = 0o600): Promise<void> {
    const beside = `${file}.new`;
    const handle = await open(beside, 'w', mode);
    try {
        await handle.writeFile(content);
        await handle.sync();
    } finally {
        await handle.close();
    }
    await rename(beside, file);
    const folder = await open(dirname(file), 'r');
    try {
        await folder.sync();
    } finally {
        await folder.close();
    }
}

export async function writeInstanceRecord(file: string, record: InstanceRecord): Promise<void> {
    await writeFileAtomically(file, `${JSON.stringify(record, undefined, 4)}\n`);
}
