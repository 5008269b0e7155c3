import type { Revocation } from '@tandem/protocol';
import { Emitter, type Clock, type Logger } from '@tandem/server-kit';
import type { PlatformDatabase, Row } from '../database/platform-database.ts';

export type RevocationKind = Revocation['kind'];

/** How many entries are kept for followers that were away. */
const KEPT = 10_000;

/** The revocation feed: a persisted sequence of what ended, told to listeners at once. */
export class Revocations {
    private readonly emitter = new Emitter<Revocation>();
    private readonly database: PlatformDatabase;
    private readonly clock: Clock;
    private readonly logger: Logger;
    private lastSequence: number;

    /** Told at once, in order of the sequence. */
    readonly onDidRevoke = this.emitter.event;

    private constructor(database: PlatformDatabase, clock: Clock, logger: Logger, lastSequence: number) {
        this.database = database;
        this.clock = clock;
        this.logger = logger;
        this.lastSequence = lastSequence;
    }

    static async open(database: PlatformDatabase, clock: Clock, logger: Logger): Promise<Revocations> {
        const [row] = await database.query('SELECT coalesce(max(sequence), 0) AS last FROM revocation');
        return new Revocations(database, clock, logger, Number(row?.['last'] ?? 0));
    }

    get sequence(): number {
        return this.lastSequence;
    }

    /**
     * Something ended. Listeners hear of it before it is on disk: a full disk must not keep a socket open. What could not
     * be written is logged, and told by the state itself after a restart (the session or grant is gone).
     */
    async revoke(kind: RevocationKind, id: string, reason: string, options: { expired?: boolean } = {}): Promise<Revocation> {
        const sequence = ++this.lastSequence;
        const at = new Date(this.clock.now()).toISOString();
        const revocation: Revocation = { sequence, kind, id, reason: reason.slice(0, 256), expired: options.expired ?? false, at };
        this.emitter.fire(revocation);
        try {
            await this.database.transaction([
                {
                    sql: 'INSERT INTO revocation (sequence, kind, id, expired, reason, at) VALUES (?, ?, ?, ?, ?, ?)',
                    parameters: [sequence, kind, id, revocation.expired ? 1 : 0, revocation.reason, at],
                },
                { sql: 'DELETE FROM revocation WHERE sequence <= ?', parameters: [sequence - KEPT] },
            ]);
        } catch (error) {
            this.logger.error({ err: error, sequence, kind }, 'A revocation was told but not written');
        }
        return revocation;
    }

    /** Entries after `sequence`, oldest first; `undefined` when some of them are no longer kept. */
    async after(sequence: number): Promise<Revocation[] | undefined> {
        const [range, rows] = await this.database.transaction([
            { sql: 'SELECT min(sequence) AS first FROM revocation' },
            { sql: 'SELECT * FROM revocation WHERE sequence > ? ORDER BY sequence', parameters: [sequence] },
        ]);
        const first = range?.[0]?.['first'];
        if (typeof first === 'number' && sequence + 1 < first) {
            return undefined;
        }
        return (rows ?? []).map(toRevocation);
    }
}

function toRevocation(row: Row): Revocation {
    return {
        sequence: Number(row['sequence']),
        kind: String(row['kind']) as RevocationKind,
        id: String(row['id']),
        expired: row['expired'] === 1,
        reason: String(row['reason']),
        at: String(row['at']),
    };
}
