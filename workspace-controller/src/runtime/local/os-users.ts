import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@tandem/server-kit';

/** Ids of workspaces' OS users; below the ranges that Debian and systemd hand out to services and containers. */
const FIRST_OS_UID = 50_000;
const LAST_OS_UID = 59_999;

/** Name and home of the person in the workspace, the same on one machine and in a pod. */
export const WORKSPACE_USER = 'dev';
export const WORKSPACE_HOME = '/home/dev';

/** One file per id in use on this machine, made exclusively, so that two platforms on it never share one. */
const REGISTRY = '/var/lib/tandem/os-users';

/**
 * Hands out OS user ids. An id is not used again before all others were, so that a file left behind somewhere by a
 * deleted workspace does not fall to the next one.
 */
export class OsUsers {
    private readonly root: string;
    private queue: Promise<unknown> = Promise.resolve();

    /** @param root folder of the workspaces, for which the ids are taken */
    constructor(root: string) {
        this.root = root;
    }

    /** @throws AppError `unavailable` when all ids of the range are in use */
    allocate(): Promise<number> {
        const allocated = this.queue.then(() => this.allocateNext());
        this.queue = allocated.catch(() => undefined);
        return allocated;
    }

    async release(osUid: number): Promise<void> {
        await rm(join(REGISTRY, String(osUid)), { force: true });
    }

    private async allocateNext(): Promise<number> {
        await mkdir(REGISTRY, { recursive: true, mode: 0o700 });
        const accounts = new Set(accountIds(await readFile('/etc/passwd', 'utf8').catch(() => '')));
        const cursor = join(REGISTRY, 'next');
        const start = Number(await readFile(cursor, 'utf8').catch(() => FIRST_OS_UID));
        const size = LAST_OS_UID - FIRST_OS_UID + 1;
        for (let step = 0; step < size; step += 1) {
            const candidate = FIRST_OS_UID + ((start - FIRST_OS_UID + step) % size);
            if (!accounts.has(candidate) && (await this.take(candidate))) {
                await writeFile(cursor, String(candidate === LAST_OS_UID ? FIRST_OS_UID : candidate + 1));
                return candidate;
            }
        }
        throw new AppError('unavailable', `All ${size} OS users for workspaces are in use. Delete workspaces that nobody needs.`);
    }

    private async take(osUid: number): Promise<boolean> {
        const file = join(REGISTRY, String(osUid));
        const holder = await readFile(file, 'utf8').catch(() => undefined);
        if (holder !== undefined && holder !== '' && !existsSync(holder)) {
            await rm(file, { force: true });
        }
        return writeFile(file, this.root, { flag: 'wx', mode: 0o600 }).then(
            () => true,
            (error: NodeJS.ErrnoException) => {
                if (error.code === 'EEXIST') {
                    return false;
                }
                throw error;
            },
        );
    }
}

/** User ids of a passwd file. */
export function accountIds(passwd: string): number[] {
    return passwd
        .split('\n')
        .map((line) => Number(line.split(':')[2]))
        .filter((id) => Number.isInteger(id));
}

/** The machine's `passwd` and `group` with the workspace's user in them, so that git, ssh and bash know who they are. */
export async function accountFiles(osUid: number, shell: string): Promise<{ passwd: string; group: string }> {
    const [passwd, group] = await Promise.all(['/etc/passwd', '/etc/group'].map((file) => readFile(file, 'utf8').catch(() => '')));
    const others = (text = '') => text.split('\n').filter((line) => line !== '' && !line.startsWith(`${WORKSPACE_USER}:`));
    return {
        passwd: [...others(passwd), `${WORKSPACE_USER}:x:${osUid}:${osUid}::${WORKSPACE_HOME}:${shell}`, ''].join('\n'),
        group: [...others(group), `${WORKSPACE_USER}:x:${osUid}:`, ''].join('\n'),
    };
}

/**
 * Enters the workspace's user into the machine's own files, where there is no mount namespace to show it others. Once is
 * enough; a second call finds the entry.
 *
 * @returns the user's name
 */
export function registerAccount(osUid: number, home: string, shell: string): string {
    const name = `tandem-${osUid}`;
    changeLines('/etc/passwd', name, `${name}:x:${osUid}:${osUid}::${home}:${shell}`);
    changeLines('/etc/group', name, `${name}:x:${osUid}:`);
    return name;
}

/** Takes the entry out again when the workspace is deleted. */
export function removeAccount(osUid: number): void {
    changeLines('/etc/passwd', `tandem-${osUid}`, undefined);
    changeLines('/etc/group', `tandem-${osUid}`, undefined);
}

/** Synchronous, so that of two workspaces at a time neither loses the other's line. */
function changeLines(file: string, name: string, line: string | undefined): void {
    const before = readFileSync(file, 'utf8');
    const others = before.split('\n').filter((entry) => entry !== '' && !entry.startsWith(`${name}:`));
    const after = [...others, ...(line === undefined ? [] : [line]), ''].join('\n');
    if (after !== before) {
        writeFileSync(`${file}.tandem`, after, { mode: 0o644, flush: true });
        renameSync(`${file}.tandem`, file);
    }
}
