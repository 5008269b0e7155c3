import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LISTEN = '0A';

/**
 * Ports and inodes of listening sockets in a table of `/proc/net/tcp` or `tcp6`.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function parseTcpTable(table: string): Map<string, number> {
    const portByInode = new Map<string, number>();
    for (const line of table.split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        const [, local, , state, , , , , , inode] = fields;
        if (state === LISTEN && local !== undefined && inode !== undefined && inode !== '0') {
            portByInode.set(inode, Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
        }
    }
    return portByInode;
}

/**
 * TCP ports on which the given processes listen, with the program's name.
 *
 * @param isPlatform says by its arguments whether a process is part of the IDE; its ports are left out
 */
export async function portsOfProcesses(
    pids: readonly number[],
    isPlatform: (pid: number, args: readonly string[]) => boolean,
): Promise<{ port: number; process: string }[]> {
    if (process.platform !== 'linux') {
        return portsByLsof(pids, isPlatform);
    }
    const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')));
    const portByInode = new Map(tables.flatMap((table) => [...parseTcpTable(table)]));
    const found = new Map<number, string>();
    if (portByInode.size === 0) {
        return [];
    }
    for (const pid of pids) {
        const ports = (await socketInodes(pid)).map((inode) => portByInode.get(inode)).filter((port) => port !== undefined);
        if (ports.length === 0) {
            continue;
        }
        const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').filter((arg) => arg !== '');
        if (isPlatform(pid, args)) {
            continue;
        }
        for (const port of ports) {
            found.set(port, basename(args[0] ?? String(pid)));
        }
    }
    return sorted(found);
}

async function socketInodes(pid: number): Promise<string[]> {
    const folder = `/proc/${pid}/fd`;
    const names = await readdir(folder).catch(() => []);
    const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
    return links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter((inode) => inode !== undefined);
}

/** macOS has no `/proc`. */
async function portsByLsof(
    pids: readonly number[],
    isPlatform: (pid: number, args: readonly string[]) => boolean,
): Promise<{ port: number; process: string }[]> {
    if (pids.length === 0) {
        return [];
    }
    const selection = ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-p', pids.join(','), '-Fpcn'];
    const { stdout } = await run('lsof', selection).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
    const found = new Map<number, string>();
    let skip = true;
    let command = '';
    for (const line of stdout.split('\n')) {
        const value = line.slice(1);
        if (line.startsWith('p')) {
            const { stdout: args } = await run('ps', ['-o', 'args=', '-p', value]).catch(() => ({ stdout: '' }));
            skip = isPlatform(Number(value), args.trim().split(/\s+/));
        } else if (line.startsWith('c')) {
            command = value;
        } else if (line.startsWith('n') && !skip) {
            found.set(Number(value.slice(value.lastIndexOf(':') + 1)), command);
        }
    }
    return sorted(found);
}

function sorted(found: ReadonlyMap<number, string>): { port: number; process: string }[] {
    return [...found].map(([port, name]) => ({ port, process: name })).sort((a, b) => a.port - b.port);
}
