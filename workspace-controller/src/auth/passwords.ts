import type { User } from '@tandem/protocol';
import { AppError, type Clock } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import { AttemptLimiter } from './attempt-limiter.ts';
import { hashPassword, verifyPassword, type PasswordCost } from './password-hash.ts';
import type { RightsIndex } from './rights-index.ts';

const FAILURES_PER_ADDRESS = 10;
const FAILURES_PER_ACCOUNT = 100;

/** Local passwords: scrypt hashes in the platform database, failures counted per account and address. */
export class Passwords {
    private readonly database: PlatformDatabase;
    private readonly rights: RightsIndex;
    private readonly clock: Clock;
    private readonly cost: PasswordCost | undefined;
    private readonly perAddress: AttemptLimiter;
    private readonly perAccount: AttemptLimiter;
    /** Checked when there is no such account, so that the answer takes as long. */
    private readonly decoy: Promise<string>;

    constructor(database: PlatformDatabase, rights: RightsIndex, clock: Clock, cost?: PasswordCost) {
        this.database = database;
        this.rights = rights;
        this.clock = clock;
        this.cost = cost;
        this.perAddress = new AttemptLimiter(clock, FAILURES_PER_ADDRESS);
        this.perAccount = new AttemptLimiter(clock, FAILURES_PER_ACCOUNT);
        this.decoy = hashPassword('nobody has this password', cost);
    }

    /**
     * The person with this e-mail (or account name) and password.
     *
     * @throws AppError `wrong-credentials`, `too-many-requests`
     */
    async check(login: string, password: string, address: string): Promise<User> {
        const account = login.trim().toLowerCase();
        const attempt = `${account}\n${address}`;
        this.perAddress.check(attempt);
        this.perAccount.check(account);
        // Counted before the slow check, so that many at once do not slip under the limit.
        this.perAddress.failed(attempt);
        this.perAccount.failed(account);
        const user = this.rights.userByEmail(account) ?? this.rights.user(account);
        const stored = user === undefined ? undefined : await this.stored(user.metadata.name);
        const fits = await verifyPassword(password, stored ?? (await this.decoy));
        if (user === undefined || stored === undefined || !fits) {
            throw new AppError('wrong-credentials', 'E-mail or password is wrong. Check both, or ask an admin for a new invitation.');
        }
        this.perAddress.succeeded(attempt);
        this.perAccount.succeeded(account);
        return user;
    }

    async isSet(user: string): Promise<boolean> {
        return (await this.stored(user)) !== undefined;
    }

    /** @throws AppError `wrong-credentials` when there is a password and `current` is not it */
    async change(user: string, current: string | undefined, next: string): Promise<void> {
        const stored = await this.stored(user);
        if (stored !== undefined) {
            const key = `${user}\nchange`;
            this.perAddress.check(key);
            if (current === undefined || !(await verifyPassword(current, stored))) {
                this.perAddress.failed(key);
                throw new AppError('wrong-credentials', 'The current password is wrong.', { pointer: '/current' });
            }
            this.perAddress.succeeded(key);
        }
        await this.set(user, next);
    }

    async set(user: string, password: string): Promise<void> {
        await this.database.query(
            `INSERT INTO password (user, hash, changed_at) VALUES (?, ?, ?)
             ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`,
            [user, await hashPassword(password, this.cost), this.clock.now()],
        );
    }

    private async stored(user: string): Promise<string | undefined> {
        const [row] = await this.database.query('SELECT hash FROM password WHERE user = ?', [user]);
        return row === undefined ? undefined : String(row['hash']);
    }
}
