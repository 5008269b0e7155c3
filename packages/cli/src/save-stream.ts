import { open, rename, rm } from 'node:fs/promises';
import type { ApiStream } from '@tandem/api-client';
import type { CommandContext } from './command-context.ts';
import { CliError } from './exit-codes.ts';

/**
 * Writes what comes into a file that only its owner reads, or to standard output for `-`. A file is put in its place only
 * when all of it has come and is on the disk, so that a cut line leaves no half file under the name.
 *
 * @returns bytes written
 */
export async function saveStream(context: CommandContext, stream: ApiStream, file: string): Promise<number> {
    let bytes = 0;
    if (file === '-') {
        for await (const chunk of stream.chunks()) {
            await context.host.write(chunk);
            bytes += chunk.byteLength;
        }
        return bytes;
    }
    const partial = `${file}.partial`;
    const handle = await open(partial, 'w', 0o600).catch((cause: Error) => {
        throw new CliError(`${partial} cannot be written: ${cause.message}`);
    });
    try {
        for await (const chunk of stream.chunks()) {
            await handle.write(chunk);
            bytes += chunk.byteLength;
        }
        await handle.sync();
        await handle.close();
        await rename(partial, file);
    } catch (error) {
        await handle.close().catch(() => undefined);
        await rm(partial, { force: true });
        throw error;
    }
    return bytes;
}
