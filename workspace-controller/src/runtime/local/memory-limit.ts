import { access, constants, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CGROUP_ROOT = '/sys/fs/cgroup';
const MAX_PROCESSES = 4096;

/** A place in the kernel's control groups where each workspace gets a group of its own. */
export interface ControlGroups {
    /** Makes the group and limits it; a process joins by writing its pid into each of the returned files. */
    prepare(uid: string, limits: { memoryMiB: number }): Promise<string[]>;
    /** Removes the empty group. */
    remove(uid: string): Promise<void>;
}

/**
 * Control groups if this process may make them (root, and not inside a container that has them read-only).
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export async function detectControlGroups(id: string): Promise<ControlGroups | undefined> {
    if (process.platform !== 'linux') {
        return undefined;
    }
    const candidates: { folders: string[]; limits: (memoryMiB: number) => Record<string, string> }[] = [];
    const unified = await readFile(join(CGROUP_ROOT, 'cgroup.controllers'), 'utf8').catch(() => undefined);
    if (unified?.split(/\s+/).includes('memory')) {
        await writeFile(join(CGROUP_ROOT, 'cgroup.subtree_control'), '+memory +pids').catch(() => undefined);
        candidates.push({
            folders: [CGROUP_ROOT],
            limits: (memoryMiB) => ({
                'memory.max': String(memoryMiB * 1024 * 1024),
                'memory.oom.group': '0',
                'pids.max': String(MAX_PROCESSES),
            }),
        });
    } else {
        candidates.push({
            folders: [join(CGROUP_ROOT, 'memory'), join(CGROUP_ROOT, 'pids')],
            limits: (memoryMiB) => ({
                'memory.limit_in_bytes': String(memoryMiB * 1024 * 1024),
                'pids.max': String(MAX_PROCESSES),
            }),
        });
    }
    for (const { folders, limits } of candidates) {
        const usable: string[] = [];
        for (const folder of folders) {
            const parent = join(folder, `tandem-${id}`);
            if (await makeGroup(parent, folder === CGROUP_ROOT)) {
                usable.push(parent);
            }
        }
        if (usable.length > 0) {
            return controlGroups(usable, limits);
        }
    }
    return undefined;
}

async function makeGroup(folder: string, unified: boolean): Promise<boolean> {
    try {
        await mkdir(folder, { recursive: true });
        if (unified) {
            await writeFile(join(folder, 'cgroup.subtree_control'), '+memory +pids');
        }
        await access(join(folder, 'cgroup.procs'), constants.W_OK);
        return true;
    } catch {
        return false;
    }
}

function controlGroups(parents: readonly string[], limits: (memoryMiB: number) => Record<string, string>): ControlGroups {
    return {
        async prepare(uid, { memoryMiB }) {
            const joins: string[] = [];
            for (const parent of parents) {
                const group = join(parent, uid);
                await mkdir(group, { recursive: true });
                for (const [file, value] of Object.entries(limits(memoryMiB))) {
                    // A controller that is not there has no such file.
                    await writeFile(join(group, file), value, { flag: 'r+' }).catch(() => undefined);
                }
                joins.push(join(group, 'cgroup.procs'));
            }
            return joins;
        },
        async remove(uid) {
            for (const parent of parents) {
                await rmdir(join(parent, uid)).catch(() => undefined);
            }
        },
    };
}
