/**
 * What is no resource: sessions, credentials, secrets, tokens, invitations, codes, idempotency keys, signing keys,
 * revocations (SQLite · PostgreSQL). A worker thread owns the file; calls post batches of statements that commit together.
 */
export interface PlatformDatabase {
    /** Runs the statements in one transaction and resolves with each one's rows. @throws AppError `storage-full`, `unavailable` */
    transaction(statements: readonly Statement[]): Promise<Row[][]>;
    /** One statement. */
    query(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
    close(): Promise<void>;
}

export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Record<string, SqlValue>;

export interface Statement {
    /** With `?` for each parameter. */
    sql: string;
    parameters?: readonly SqlValue[];
    /** Fails the whole transaction when the statement changed or returned another number of rows. */
    expectRows?: number;
}
