/** What main thread and worker of a SQLite file say to each other. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface SqlStatement {
    /** With `?` for each parameter. */
    sql: string;
    parameters?: readonly SqlValue[];
    /** Fails the whole transaction when the statement changed (or returned) another number of rows. */
    expectRows?: number;
}

export interface Migration {
    /** 1, 2, 3 …: run in order, once, never changed afterwards. */
    version: number;
    sql: string;
}

export type WorkerRequest =
    | { id: number; kind: 'transaction'; statements: readonly SqlStatement[] }
    | { id: number; kind: 'backup'; path: string }
    | { id: number; kind: 'close' };

export type SqlFailureKind = 'full' | 'corrupt' | 'expectation' | 'constraint' | 'newer' | 'busy' | 'other';
export interface SqlFailure {
    kind: SqlFailureKind;
    message: string;
    /** Index of the statement whose expectation was not met. */
    statement?: number;
}

export type WorkerReply =
    | { id: number; rows: SqlRow[][] }
    | { id: number; failure: SqlFailure }
    /** `id` 0: the file is open, or could not be opened. */
    | { id: 0; opened: true };
