import { LINK_TOKEN_FRAGMENT, PORTAL_PAGES, type User } from '@tandem/protocol';
import { AppError, type Clock } from '@tandem/server-kit';
import type { PlatformDatabase, Row } from '../database/platform-database.ts';
import type { Passwords } from './passwords.ts';
import type { People } from './people.ts';
import type { RightsIndex } from './rights-index.ts';
import { hashToken, randomId, randomToken } from './tokens.ts';

const INVITATION_LIFETIME_MS = 7 * 24 * 3_600_000;

export interface InvitationView {
    id: string;
    email: string;
    displayName: string;
    admin: boolean;
    team?: string;
    role?: 'lead' | 'developer';
    invitedBy: string;
    createdAt: string;
    expiresAt: string;
    url?: string;
}

interface Wanted {
    email: string;
    displayName?: string;
    admin?: boolean;
    team?: string;
    role?: 'lead' | 'developer';
}

/** Invitation links: valid for seven days, used once, kept as a hash. */
export class Invitations {
    private readonly database: PlatformDatabase;
    private readonly people: People;
    private readonly passwords: Passwords;
    private readonly rights: RightsIndex;
    private readonly clock: Clock;
    private readonly portal: URL;

    constructor(deps: {
        database: PlatformDatabase;
        people: People;
        passwords: Passwords;
        rights: RightsIndex;
        clock: Clock;
        portal: URL;
    }) {
        this.database = deps.database;
        this.people = deps.people;
        this.passwords = deps.passwords;
        this.rights = deps.rights;
        this.clock = deps.clock;
        this.portal = deps.portal;
    }

    async list(): Promise<InvitationView[]> {
        const rows = await this.database.query('SELECT * FROM invitation WHERE expires_at > ? ORDER BY created_at DESC', [
            this.clock.now(),
        ]);
        return rows.map(toView);
    }

    /** @throws AppError `already-exists`, `not-found` for an unknown team, `shared-machine-not-accepted` */
    async create(wanted: Wanted, invitedBy: string): Promise<InvitationView> {
        if (this.rights.userByEmail(wanted.email) !== undefined) {
            throw new AppError('already-exists', `${wanted.email} has an account already.`, { pointer: '/email' });
        }
        if (wanted.team !== undefined && this.rights.team(wanted.team) === undefined) {
            throw new AppError('invalid-request', `There is no team "${wanted.team}". Make it first.`, { pointer: '/team' });
        }
        await this.people.assertAnotherMayJoin();
        const token = randomToken();
        const now = this.clock.now();
        const [, rows] = await this.database.transaction([
            // A new invitation of the same person takes the place of the old one.
            { sql: 'DELETE FROM invitation WHERE expires_at <= ? OR lower(email) = lower(?)', parameters: [now, wanted.email] },
            {
                sql: `INSERT INTO invitation (id, token_hash, email, display_name, admin, team, role, invited_by, created_at, expires_at)
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
                parameters: [
                    randomId(),
                    hashToken(token),
                    wanted.email,
                    wanted.displayName ?? '',
                    wanted.admin === true ? 1 : 0,
                    wanted.team ?? null,
                    wanted.role ?? null,
                    invitedBy,
                    now,
                    now + INVITATION_LIFETIME_MS,
                ],
            },
        ]);
        const url = `${this.portal.origin}${PORTAL_PAGES.invitation}#${LINK_TOKEN_FRAGMENT}=${token}`;
        return { ...toView((rows as Row[])[0] as Row), url };
    }

    /** @throws AppError `not-found` */
    async revoke(id: string): Promise<InvitationView> {
        const [row] = await this.database.query('DELETE FROM invitation WHERE id = ? RETURNING *', [id]);
        if (row === undefined) {
            throw new AppError('not-found', 'This invitation is used up, withdrawn or has expired.');
        }
        return toView(row);
    }

    /** What a link offers. @throws AppError `link-expired` */
    async look(token: string): Promise<InvitationView> {
        const [row] = await this.database.query('SELECT * FROM invitation WHERE token_hash = ? AND expires_at > ?', [
            hashToken(token),
            this.clock.now(),
        ]);
        if (row === undefined) {
            throw expired();
        }
        return toView(row);
    }

    /**
     * Makes the account. The invitation is used up only when the account is made.
     *
     * @throws AppError `link-expired`, `already-exists`
     */
    async accept(token: string, answer: { displayName: string; password?: string }): Promise<User> {
        const [row] = await this.database.query('DELETE FROM invitation WHERE token_hash = ? AND expires_at > ? RETURNING *', [
            hashToken(token),
            this.clock.now(),
        ]);
        if (row === undefined) {
            throw expired();
        }
        const invitation = toView(row);
        try {
            const user = await this.people.create({ ...invitation, displayName: answer.displayName });
            if (answer.password !== undefined) {
                await this.passwords.set(user.metadata.name, answer.password);
            }
            return user;
        } catch (error) {
            const columns = Object.keys(row);
            await this.database.query(
                `INSERT INTO invitation (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
                Object.values(row),
            );
            throw error;
        }
    }
}

const expired = (): AppError => new AppError('link-expired', 'This invitation is used up, withdrawn or has expired. Ask for a new one.');

function toView(row: Row): InvitationView {
    return {
        id: String(row['id']),
        email: String(row['email']),
        displayName: String(row['display_name']),
        admin: row['admin'] === 1,
        ...(row['team'] === null ? {} : { team: String(row['team']) }),
        ...(row['role'] === null ? {} : { role: String(row['role']) as 'lead' | 'developer' }),
        invitedBy: String(row['invited_by']),
        createdAt: new Date(Number(row['created_at'])).toISOString(),
        expiresAt: new Date(Number(row['expires_at'])).toISOString(),
    };
}
