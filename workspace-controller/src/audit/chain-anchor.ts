import type { Logger } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { SecretBox } from '../database/secret-box.ts';
import { canonicalJson, type ChainHead } from './hash-chain.ts';

const SETTING = 'audit-anchor';

/**
 * Where the audit chain stands, kept in another file than the log and authenticated with a key in a third: who cuts the
 * log off or writes it anew would have to change all three. It follows the log by a moment and never leads it.
 */
export class ChainAnchor {
    private readonly database: PlatformDatabase;
    private readonly secrets: SecretBox;
    private readonly logger: Logger;
    private wanted: ChainHead | undefined;
    private writing: Promise<void> | undefined;
    /** Why the log cannot be vouched for; once there is a doubt the anchor stays where it is. */
    doubt: string | undefined;

    constructor(database: PlatformDatabase, secrets: SecretBox, logger: Logger) {
        this.database = database;
        this.secrets = secrets;
        this.logger = logger;
    }

    /**
     * Compares the anchor with a log that was just opened.
     *
     * @param hashAt hash of the log's entry at a sequence
     */
    async begin(head: ChainHead, hashAt: (sequence: number) => Promise<string | undefined>): Promise<void> {
        const anchored = await this.read();
        if ('doubt' in anchored) {
            // An empty log without an anchor is a new one.
            if (head.sequence === 0 && anchored.missing) {
                await this.write(head);
            } else {
                this.doubt = anchored.doubt;
            }
            return;
        }
        const { sequence, hash } = anchored.head;
        const found = sequence === 0 ? hash : await hashAt(sequence);
        if (found === undefined) {
            this.doubt = `The log ends at entry ${head.sequence}, but entry ${sequence} was written: the end was cut off.`;
        } else if (found !== hash) {
            this.doubt = `Entry ${sequence} is not the one that was anchored: the log was rewritten.`;
        } else {
            this.advance(head);
        }
    }

    /** The log has grown. */
    advance(head: ChainHead): void {
        if (this.doubt === undefined) {
            this.wanted = head;
            this.writing ??= this.follow();
        }
    }

    async settled(): Promise<void> {
        await this.writing;
    }

    async read(): Promise<{ head: ChainHead } | { doubt: string; missing: boolean }> {
        const [row] = await this.database.query('SELECT value FROM setting WHERE key = ?', [SETTING]);
        if (row === undefined) {
            return { doubt: 'The anchor of the log is gone from the platform database.', missing: true };
        }
        const { mac, ...head } = JSON.parse(String(row['value'])) as ChainHead & { mac: string };
        return mac === this.macOf(head) ? { head } : { doubt: 'The anchor of the log was changed.', missing: false };
    }

    private async follow(): Promise<void> {
        while (this.wanted !== undefined) {
            const head = this.wanted;
            this.wanted = undefined;
            try {
                await this.write(head);
            } catch (error) {
                // The next entry tries again; an older anchor only vouches for less.
                this.logger.warn({ err: error }, 'The anchor of the audit log could not be written');
            }
        }
        this.writing = undefined;
    }

    private async write(head: ChainHead): Promise<void> {
        const value = JSON.stringify({ sequence: head.sequence, hash: head.hash, mac: this.macOf(head) });
        await this.database.query('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
            SETTING,
            value,
        ]);
    }

    private macOf(head: ChainHead): string {
        return this.secrets.mac('audit-anchor', canonicalJson({ sequence: head.sequence, hash: head.hash })).toString('hex');
    }
}
