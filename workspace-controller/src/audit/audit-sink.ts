import type { AuditEntry } from '@tandem/protocol';

export type NewAuditEntry = Omit<AuditEntry, 'sequence' | 'at' | 'hash' | 'previousHash'>;

export interface AuditQuery {
    actor?: string;
    action?: string;
    target?: string;
    outcome?: string;
    from?: string;
    to?: string;
    limit: number;
    cursor?: string;
}

/** Append-only, hash-chained record of every state change (SQLite · PostgreSQL). */
export interface AuditSink {
    /** Resolves when the entry is durable. */
    append(entry: NewAuditEntry): Promise<AuditEntry>;
    /** Newest first. */
    list(query: AuditQuery): Promise<{ items: AuditEntry[]; nextCursor?: string }>;
    /** Oldest first. */
    export(): AsyncIterable<AuditEntry>;
    verify(): Promise<{ ok: boolean; entries: number; brokenAt?: number; reason?: string }>;
    close(): Promise<void>;
}
