import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '@tandem/server-kit';
import type { ImportSource, SourceDocument } from './source.ts';

/**
 * The file of Hocuspocus' SQLite extension: one row for each document, with its whole state as one update.
 *
 * @see https://tiptap.dev/docs/hocuspocus/server/extensions/sqlite
 */
export class HocuspocusSqliteSource implements ImportSource {
    private readonly database: DatabaseSync;

    private constructor(database: DatabaseSync) {
        this.database = database;
    }

    /** @throws AppError `invalid-request` when there is no such file, or it is not the extension's */
    static open(file: string): HocuspocusSqliteSource {
        if (!existsSync(file)) {
            throw new AppError('invalid-request', `There is no file ${file}. Give the value of the extension's "database" setting.`);
        }
        let database: DatabaseSync | undefined;
        try {
            database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
            database.prepare('SELECT name, data FROM documents LIMIT 1').get();
            return new HocuspocusSqliteSource(database);
        } catch (cause) {
            database?.close();
            const reason = cause instanceof Error ? cause.message : String(cause);
            throw new AppError(
                'invalid-request',
                `${file} was not written by Hocuspocus' SQLite extension: its table "documents" cannot be read (${reason}).`,
                { cause },
            );
        }
    }

    async *[Symbol.asyncIterator](): AsyncIterator<SourceDocument> {
        const rows = this.database.prepare('SELECT name, data FROM documents ORDER BY name').iterate();
        for (const { name, data } of rows as IterableIterator<{ name: string; data: Uint8Array }>) {
            yield { name, updates: [data] };
        }
    }

    close(): Promise<void> {
        this.database.close();
        return Promise.resolve();
    }
}
