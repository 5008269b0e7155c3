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
    {
        // A workspace's name is its host label: two at a time would share an origin, and a later one would inherit what
        // browsers keep of an earlier one. So a name is taken in every namespace, and for ever.
        version: 2,
        sql: `
            CREATE TABLE workspace_name (name TEXT PRIMARY KEY) WITHOUT ROWID;
            INSERT OR IGNORE INTO workspace_name SELECT name FROM object WHERE kind = 'Workspace';
            CREATE TRIGGER workspace_name_taken BEFORE INSERT ON object WHEN new.kind = 'Workspace'
            BEGIN
                INSERT INTO workspace_name (name) VALUES (new.name);
            END;
        `,
    },
];
