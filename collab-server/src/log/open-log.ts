import { mkdirSync } from 'node:fs';
import { lockDirectory, type Disposable, type Logger } from '@tandem/server-kit';
import { SqliteUpdateLog } from './sqlite-update-log.ts';
import type { UpdateLog } from './update-log.ts';

export interface LogPlace {
    readonly dataDirectory: string;
    /** Both or neither. */
    readonly redisUrl: string | undefined;
    readonly postgresUrl: string | undefined;
}

/**
 * Opens the log that a configuration names. A directory is locked for this process until `lock` is disposed of; a replica
 * has no lock, because it keeps nothing on its disk and several may run on one machine.
 *
 * @throws AppError `unavailable` when another process has the directory
 * @throws UpdateLogError when the log cannot be opened or is not ours
 */
export async function openLog(
    { dataDirectory, redisUrl, postgresUrl }: LogPlace,
    logger: Logger,
): Promise<{ readonly log: UpdateLog; readonly lock: Disposable | undefined }> {
    if (postgresUrl !== undefined && redisUrl !== undefined) {
        // The clients of both databases are 16 MiB of code that a single server does without.
        const { PostgresUpdateLog } = await import('./postgres-update-log.ts');
        return { log: await PostgresUpdateLog.open({ postgresUrl, redisUrl, logger }), lock: undefined };
    }
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    const lock = lockDirectory(dataDirectory);
    try {
        return { log: await SqliteUpdateLog.open(dataDirectory), lock };
    } catch (error) {
        lock.dispose();
        throw error;
    }
}
