import { chmod, lstat, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Volume } from './volume.ts';

/** Name of the socket that the backend makes in its `run` folder. */
export const SOCKET_NAME = 'ide.sock';

/**
 * Takes the backend's socket out of the workspace's hands: it is moved into a folder that only the platform writes and
 * must then be a socket of the workspace's own user. Else a workspace could put a link to a privileged socket in its
 * place, and the gateway would carry its requests there.
 *
 * @returns whether there is a socket now that answers
 */
export async function admitSocket(volume: Volume, osUid: number | undefined): Promise<boolean> {
    await rename(join(volume.run, SOCKET_NAME), volume.socket).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') {
            throw error;
        }
    });
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
