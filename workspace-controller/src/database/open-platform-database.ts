import { openSqlite, type SqliteDatabase } from '@tandem/server-kit';
import { PLATFORM_MIGRATIONS } from './migrations.ts';

/** The platform's own SQLite file. @throws AppError `unavailable` when it is damaged or newer than this program */
export function openPlatformDatabase(path: string): Promise<SqliteDatabase> {
    return openSqlite({ path, migrations: PLATFORM_MIGRATIONS });
}
