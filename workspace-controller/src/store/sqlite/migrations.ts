import type { Migration } from '@tandem/server-kit';

/**
 * Bodies are kept without their resource version: it is the version of the row's newest event, so that it is known only
 * inside the transaction that writes it.
 */
export const migrations: readonly Migration[] = [
    {
        version: 1,
        sql: `
            CREATE TABLE object (
                kind TEXT NOT NULL,
                namespace TEXT NOT NULL,
                name TEXT NOT NULL,
                version INTEGER NOT NULL,
                body TEXT NOT NULL,
                PRIMARY KEY (kind, namespace, name)
            ) WITHOUT ROWID;
            CREATE TABLE event (
                version INTEGER PRIMARY KEY AUTOINCREMENT,
                type TEXT NOT NULL,
                kind TEXT NOT NULL,
                body TEXT NOT NULL
            );
        `,
    },
];
