import { DEFAULT_TEAM, INSTALL_NAMESPACE, POOL_OWNER, type Team, type User } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { RightsIndex } from './rights-index.ts';
import { updateObject } from './update-object.ts';

const SHARED_MACHINE_SETTING = 'shared-machine-accepted';
const MAX_MEMBERS = 2000;
/** Names that stand for no person: owner of waiting workspaces, actors in the audit log, identity of the control socket. */
const RESERVED_NAMES: readonly string[] = [POOL_OWNER, 'system', 'anonymous', 'unknown', 'controller'];

export interface NewPerson {
    displayName: string;
    email: string;
    admin: boolean;
    /** Which team they join; absent: the first team, as developer. */
    team?: string;
    role?: 'lead' | 'developer';
}

/** Makes and changes `User` and team membership objects. */
export class People {
    private readonly store: ResourceStore;
    private readonly rights: RightsIndex;
    private readonly database: PlatformDatabase;
    /** Whether each workspace runs under an OS user (or container) of its own. */
    readonly isolated: boolean;

    constructor(store: ResourceStore, rights: RightsIndex, database: PlatformDatabase, isolated: boolean) {
        this.store = store;
        this.rights = rights;
        this.database = database;
        this.isolated = isolated;
    }

    /** @throws AppError `already-exists` when the e-mail is taken, `shared-machine-not-accepted` */
    async create(person: NewPerson): Promise<User> {
        if (this.rights.userByEmail(person.email) !== undefined) {
            throw new AppError('already-exists', `There is already an account for ${person.email}.`, { pointer: '/email' });
        }
        await this.assertAnotherMayJoin();
        const user = await this.createWithFreeName(person);
        this.rights.apply(user);
        const team = person.team ?? DEFAULT_TEAM;
        if (person.team !== undefined || this.rights.team(team) !== undefined) {
            await this.setMember(team, user.metadata.name, person.role ?? 'developer');
        }
        return user;
    }

    update(name: string, change: (user: User) => void | false): Promise<User> {
        return updateObject(this.store, this.rights, { kind: 'User', namespace: INSTALL_NAMESPACE, name }, change);
    }

    setMember(team: string, user: string, role: 'lead' | 'developer'): Promise<Team> {
        return this.updateTeam(team, (object) => {
            const { members } = object.spec;
            const member = members.find((entry) => entry.user === user);
            if (member?.role === role) {
                return false;
            }
            if (member !== undefined) {
                member.role = role;
            } else if (members.length >= MAX_MEMBERS) {
                throw new AppError('wrong-state', `The team ${team} has ${MAX_MEMBERS} members, which is the most there can be.`);
            } else {
                members.push({ user, role });
            }
            return undefined;
        });
    }

    removeMember(team: string, user: string): Promise<Team> {
        return this.updateTeam(team, (object) => {
            const kept = object.spec.members.filter((entry) => entry.user !== user);
            if (kept.length === object.spec.members.length) {
                return false;
            }
            object.spec.members = kept;
            return undefined;
        });
    }

    updateTeam(team: string, change: (team: Team) => void | false): Promise<Team> {
        return updateObject(this.store, this.rights, { kind: 'Team', namespace: INSTALL_NAMESPACE, name: team }, change);
    }

    async sharedMachineAccepted(): Promise<boolean> {
        const [row] = await this.database.query('SELECT value FROM setting WHERE key = ?', [SHARED_MACHINE_SETTING]);
        return row?.['value'] === 'true';
    }

    async acceptSharedMachine(accepted: boolean): Promise<void> {
        await this.database.query('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
            SHARED_MACHINE_SETTING,
            String(accepted),
        ]);
    }

    /** @throws AppError `shared-machine-not-accepted` when a second person could read the first one's files */
    async assertAnotherMayJoin(): Promise<void> {
        if (!this.isolated && this.rights.users().length > 0 && !(await this.sharedMachineAccepted())) {
            throw new AppError(
                'shared-machine-not-accepted',
                "All workspaces run as one user of this machine, so people could read each other's files. An admin accepts this under People, or starts the platform as root on Linux.",
            );
        }
    }

    private async createWithFreeName(person: NewPerson): Promise<User> {
        const base = nameFrom(person.email);
        for (let attempt = 1; ; attempt++) {
            const name = attempt === 1 ? base : `${base}-${attempt}`;
            if (this.rights.user(name) !== undefined || RESERVED_NAMES.includes(name)) {
                continue;
            }
            try {
                return await this.store.create({
                    kind: 'User',
                    metadata: { namespace: INSTALL_NAMESPACE, name },
                    spec: { displayName: person.displayName, email: person.email.trim(), admin: person.admin, disabled: false },
                    status: { observedGeneration: 0, conditions: [] },
                });
            } catch (error) {
                if (!(error instanceof AppError) || error.code !== 'already-exists' || attempt > 1000) {
                    throw error;
                }
            }
        }
    }
}

/** A resource name from the part before the @. */
export function nameFrom(email: string): string {
    const local = email.split('@')[0] ?? '';
    const plain = local
        .normalize('NFKD')
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-');
    return plain.slice(0, 40).replace(/^-+|-+$/g, '') || 'person';
}
