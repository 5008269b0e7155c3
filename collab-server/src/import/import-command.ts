import { createLogger, type Logger } from '@tandem/server-kit';
import type { ImportConfig } from '../config.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { openLog } from '../log/open-log.ts';
import { HocuspocusSqliteSource } from './hocuspocus-sqlite-source.ts';
import { importDocuments } from './import-documents.ts';
import { LeveldbSource } from './leveldb-source.ts';

/**
 * `tandem-collab import`: copies every document of another store, and says what became of them. Returns the exit code: 1
 * when a document could not be taken.
 *
 * @throws AppError when the source or the target cannot be opened
 */
export async function runImport(config: ImportConfig, write: (line: string) => void): Promise<number> {
    const logger: Logger = createLogger({ name: 'collab-import', level: config.logLevel });
    const source =
        config.source.kind === 'leveldb' ? await LeveldbSource.open(config.source.path) : HocuspocusSqliteSource.open(config.source.path);
    try {
        const { log, lock } = await openLog(config, logger);
        try {
            const { imported, unchanged, empty, bytes, failed } = await importDocuments(source, log, DEFAULT_LIMITS);
            failed.forEach(({ name, reason }) => write(`Not imported: ${JSON.stringify(name)}: ${reason}.`));
            write(
                `${imported} documents imported (${bytes} bytes), ${unchanged} were here already, ${empty} were empty, ${failed.length} could not be imported.`,
            );
            return failed.length > 0 ? 1 : 0;
        } finally {
            await log.close();
            lock?.dispose();
        }
    } finally {
        await source.close();
    }
}
