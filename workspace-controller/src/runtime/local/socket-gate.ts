import { chmod, link, lstat, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Volume } from './volume.ts';

/** Name of the socket that the backend makes in its `run` folder. */
export const SOCKET_NAME = 'ide.sock';

/**
 * Takes the backend's socket out of the workspace's hands: it is linked into a folder that only the platform writes and
 * must then be a socket of the workspace's own user. Else a workspace could put a link to a privileged socket in its
 * place, and the gateway would carry its requests there.
 *
 * @returns whether there is a socket now that answers
 */
export async function admitSocket(volume: Volume, osUid: number | undefined): Promise<boolean> {
    await take(join(volume.run, SOCKET_NAME), volume.socket);
    const info = await lstat(volume.socket).catch(() => undefined);
    if (info === undefined) {
        return false;
    }
    if (!info.isSocket() || info.uid !== (osUid ?? process.getuid?.() ?? info.uid)) {
        await rm(volume.socket, { force: true });
        return false;
    }
    await chmod(volume.socket, 0o600);
    return answers(volume.socket);
}

/** A second name for the socket; the backend keeps its own, which it may still want to change the mode of. */
async function take(from: string, to: string): Promise<void> {
    try {
        // Does not follow a symbolic link on Linux: the link itself gets the second name, and is refused then.
        await link(from, to);
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP') {
            await rename(from, to).catch(() => undefined);
        } else if (code !== 'ENOENT' && code !== 'EEXIST') {
            throw error;
        }
    }
}

/** Whether something accepts connections there. */
export function answers(socketPath: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(socketPath);
        socket.once('connect', () => {
            socket.destroy();
            resolve(true);
        });
        socket.once('error', () => {
            socket.destroy();
            resolve(false);
        });
    });
}
