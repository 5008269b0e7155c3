import { createHash } from 'node:crypto';
import type { AuditEntry } from '@tandem/protocol';

/** What the first entry follows. */
export const GENESIS_HASH = '0'.repeat(64);

/** SHA-256 (hex) over the previous hash and the entry in canonical JSON. */
export function hashOf(entry: Omit<AuditEntry, 'hash'> & { hash?: string }): string {
    const content: Partial<AuditEntry> = { ...entry };
    delete content.hash;
    delete content.previousHash;
    const { previousHash } = entry;
    return createHash('sha256').update(previousHash).update('\n').update(canonicalJson(content)).digest('hex');
}

/**
 * JSON with sorted keys and without absent values, so that equal values give equal text.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
    if (Array.isArray(value)) {
        return `[${value.map(canonicalJson).join(',')}]`;
    }
    if (value !== null && typeof value === 'object') {
        const entries = Object.entries(value)
            .filter(([, item]) => item !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
        return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
    }
    return JSON.stringify(value);
}

export interface ChainVerdict {
    ok: boolean;
    /** How many entries were read. */
    entries: number;
    brokenAt?: number;
    reason?: string;
}

/** Where a chain stood when it was last vouched for. */
export interface ChainHead {
    sequence: number;
    hash: string;
}

/** Walks a chain entry by entry and says where it first does not fit. Pure: the entries and the anchor are arguments. */
export class ChainWalk {
    private previousHash = GENESIS_HASH;
    private sequence = 0;
    private broken: { brokenAt: number; reason: string } | undefined;
    private anchorSeen: boolean;
    private readonly anchor: ChainHead | undefined;

    constructor(anchor?: ChainHead) {
        this.anchor = anchor;
        this.anchorSeen = anchor === undefined || anchor.sequence === 0;
    }

    /** False once the chain is broken: the rest need not be read. */
    take(entry: AuditEntry): boolean {
        const expected = this.sequence + 1;
        if (entry.sequence !== expected) {
            return this.breaks(
                expected,
                entry.sequence > expected ? `Entry ${expected} is missing.` : `Entry ${entry.sequence} stands out of order.`,
            );
        }
        if (entry.previousHash !== this.previousHash) {
            return this.breaks(
                entry.sequence,
                `Entry ${entry.sequence} does not follow the one before it: one of them was changed or moved.`,
            );
        }
        if (hashOf(entry) !== entry.hash) {
            return this.breaks(entry.sequence, `Entry ${entry.sequence} was changed after it was written.`);
        }
        if (entry.sequence === this.anchor?.sequence) {
            if (entry.hash !== this.anchor.hash) {
                return this.breaks(entry.sequence, `Entry ${entry.sequence} is not the one that was anchored: the log was rewritten.`);
            }
            this.anchorSeen = true;
        }
        this.sequence = entry.sequence;
        this.previousHash = entry.hash;
        return true;
    }

    verdict(): ChainVerdict {
        if (this.broken !== undefined) {
            return { ok: false, entries: this.sequence, ...this.broken };
        }
        if (!this.anchorSeen) {
            const reason = `The log ends at entry ${this.sequence}, but entry ${this.anchor?.sequence} was written: the end was cut off.`;
            return { ok: false, entries: this.sequence, brokenAt: this.sequence + 1, reason };
        }
        return { ok: true, entries: this.sequence };
    }

    private breaks(brokenAt: number, reason: string): false {
        this.broken = { brokenAt, reason };
        return false;
    }
}
