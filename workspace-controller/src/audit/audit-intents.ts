import { appendFileSync, closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import type { NewAuditEntry } from './audit-sink.ts';

/** Above this the file is emptied at the next moment in which nothing is under way. */
const TIDY_ABOVE_BYTES = 256 * 1024;

export type AuditIntent = Pick<NewAuditEntry, 'actor' | 'action' | 'target' | 'address' | 'grant'>;

/**
 * What is about to be changed, kept until the change stands in the audit log, so that a platform that ends in between
 * finds it at its next start and tells. Lines of a file: written before the change, in microseconds and without waiting
 * for the disk. That survives the end of the process; a machine that loses its power may lose the last seconds of it.
 */
export class AuditIntents {
    /** Begun by an earlier process and never finished. */
    readonly interrupted: readonly AuditIntent[];
    private readonly file: number;
    private readonly open = new Set<string>();
    private bytes = 0;

    /** @throws when the file cannot be read or written */
    constructor(path: string) {
        this.file = openSync(path, 'a+', 0o600);
        const begun = new Map<string, AuditIntent>();
        for (const line of readFileSync(path, 'utf8').split('\n')) {
            const entry = parse(line);
            if (entry?.intent !== undefined) {
                begun.set(entry.id, entry.intent);
            } else if (entry !== undefined) {
                begun.delete(entry.id);
            }
        }
        this.interrupted = [...begun.values()];
    }

    /** Notes what begins. @returns what `end` takes @throws when it cannot be written: then nothing may be changed */
    begin(intent: AuditIntent): string {
        const id = randomUUID();
        this.write({ id, intent });
        this.open.add(id);
        return id;
    }

    /** It stands in the audit log. */
    end(id: string): void {
        this.open.delete(id);
        if (this.open.size === 0 && this.bytes > TIDY_ABOVE_BYTES) {
            this.forget();
        } else {
            this.write({ id });
        }
    }

    /** All that was interrupted stands in the audit log. */
    forget(): void {
        ftruncateSync(this.file);
        this.bytes = 0;
    }

    close(): void {
        closeSync(this.file);
    }

    private write(line: { id: string; intent?: AuditIntent }): void {
        const text = `${JSON.stringify(line)}\n`;
        appendFileSync(this.file, text);
        this.bytes += text.length;
    }
}

/** A line that a crash cut short says nothing: its change had not begun. */
function parse(line: string): { id: string; intent?: AuditIntent } | undefined {
    try {
        return line === '' ? undefined : (JSON.parse(line) as { id: string; intent?: AuditIntent });
    } catch {
        return undefined;
    }
}
