import { operations, type Operation, type OperationId, type Workspace } from '@tandem/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiFixture, type CallParts, type Client } from './testing/api-fixture.ts';

/*
 * Every operation of the table × everyone who may call it. A new operation fails here until someone says who may do it.
 * Objects belong to `owner` in the team `home`, led by `lead`; `mate` is a developer there, `guest` has a grant (editor,
 * run) from outside, `foreign` is a developer of another team.
 */
const PEOPLE = ['anonymous', 'owner', 'mate', 'guest', 'foreign', 'lead', 'admin', 'disabled'] as const;
type Person = (typeof PEOPLE)[number];

/** Outcome for each of PEOPLE: `ok`, or the status of the refusal. */
type Row = readonly [string, string, string, string, string, string, string, string];

const row = (text: string): Row => text.trim().split(/\s+/) as unknown as Row;
//                            anonymous owner mate guest foreign lead admin disabled
const PUBLIC = row('             ok    ok    ok    ok    ok    ok    ok    ok ');
const SIGNED_IN = row('          401   ok    ok    ok    ok    ok    ok    403');
const ADMINS = row('             401   403   403   403   403   403   ok    403');
const MEMBERS = row('            401   ok    ok    404   404   ok    ok    403');
const LEADS = row('              401   403   403   404   404   ok    ok    403');
const WHO_KNOWS_IT = row('       401   ok    ok    ok    404   ok    ok    403');
const WHO_IS_LET_IN = row('      401   ok    403   ok    404   403   403   403');
const OWNER_OR_ADMIN = row('     401   ok    403   403   404   403   ok    403');
const OWNER_ONLY = row('         401   ok    403   403   404   403   403   403');

const EXPECTED: Record<OperationId, Row> = {
    getVersion: PUBLIC,
    getSignInOptions: PUBLIC,
    getSession: SIGNED_IN,
    signInWithPassword: PUBLIC,
    signInWithLink: PUBLIC,
    beginPasskeySignIn: PUBLIC,
    finishPasskeySignIn: PUBLIC,
    renewRequestSecret: SIGNED_IN,
    signOut: SIGNED_IN,
    getMe: SIGNED_IN,
    updateMe: SIGNED_IN,
    setPassword: SIGNED_IN,
    beginPasskeyRegistration: SIGNED_IN,
    finishPasskeyRegistration: SIGNED_IN,
    listPasskeys: SIGNED_IN,
    renamePasskey: SIGNED_IN,
    deletePasskey: SIGNED_IN,
    listSessions: SIGNED_IN,
    endSession: SIGNED_IN,
    listGitCredentials: SIGNED_IN,
    putGitCredential: SIGNED_IN,
    deleteGitCredential: SIGNED_IN,
    getSshKey: SIGNED_IN,
    createSshKey: SIGNED_IN,
    listTokens: SIGNED_IN,
    createToken: SIGNED_IN,
    deleteToken: SIGNED_IN,
    listUsers: SIGNED_IN,
    updateUser: ADMINS,
    listInvitations: ADMINS,
    createInvitation: ADMINS,
    revokeInvitation: ADMINS,
    getInvitation: PUBLIC,
    acceptInvitation: PUBLIC,
    getSharedMachine: ADMINS,
    acceptSharedMachine: ADMINS,
    listTeams: SIGNED_IN,
    createTeam: ADMINS,
    getTeam: MEMBERS,
    updateTeam: LEADS,
    setMember: LEADS,
    removeMember: LEADS,
    listPools: MEMBERS,
    setPool: LEADS,
    listTemplates: SIGNED_IN,
    getTemplate: SIGNED_IN,
    putTemplate: ADMINS,
    deleteTemplate: ADMINS,
    listWorkspaces: SIGNED_IN,
    createWorkspace: MEMBERS,
    getWorkspace: WHO_KNOWS_IT,
    updateWorkspace: OWNER_OR_ADMIN,
    deleteWorkspace: OWNER_OR_ADMIN,
    openWorkspace: WHO_IS_LET_IN,
    hibernateWorkspace: row('401   ok    403   403   404   ok    ok    403'),
    resumeWorkspace: OWNER_OR_ADMIN,
    retryWorkspace: OWNER_OR_ADMIN,
    cancelPreparation: OWNER_OR_ADMIN,
    keepAwake: row('         401   ok    403   ok    404   403   ok    403'),
    getWorkspaceLog: OWNER_ONLY,
    listPorts: row('         401   ok    403   ok    404   403   403   403'),
    sharePort: OWNER_ONLY,
    unsharePort: row('        401   ok    403   403   404   ok    ok    403'),
    listGrants: SIGNED_IN,
    createGrant: OWNER_ONLY,
    // The guest's own grant: giver, receiver and those above may end it, for others it does not exist.
    revokeGrant: row('       401   ok    404   ok    404   ok    ok    403'),
    listAudit: ADMINS,
    exportAudit: ADMINS,
    verifyAudit: ADMINS,
    streamEvents: SIGNED_IN,
    streamRevocations: ADMINS,
    createBackup: ADMINS,
};

/** Operations whose success needs a device: here it is enough that they get past the access check. */
const NEEDS_DEVICE: ReadonlySet<OperationId> = new Set(['finishPasskeySignIn', 'finishPasskeyRegistration']);

describe('who may call which operation', () => {
    let fixture: ApiFixture;
    let counter = 0;

    beforeAll(async () => {
        fixture = await ApiFixture.start();
        await fixture.addTeam('other');
        await fixture.addUser('owner');
        await fixture.addUser('mate');
        await fixture.addUser('lead', { team: 'home', role: 'lead' });
        await fixture.addUser('admin', { admin: true, team: 'other' });
        await fixture.addUser('admin-two', { admin: true, team: 'other' });
        await fixture.addUser('guest', { team: 'other' });
        await fixture.addUser('foreign', { team: 'other' });
        await fixture.addUser('disabled');
    });
    afterAll(() => fixture.close());

    const client = async (person: Person): Promise<Client> => {
        if (person === 'anonymous') {
            return fixture.anonymous;
        }
        const browser = await fixture.browser(person);
        if (person === 'disabled') {
            const disabled = fixture.auth.rights.user(person);
            if (disabled?.spec.disabled === false) {
                await fixture.auth.people.update(person, (user) => {
                    user.spec.disabled = true;
                });
            }
            // As after a crash between the two: the session is still there.
            return fixture.browser(person);
        }
        return browser;
    };

    const workspace = async (state: Workspace['status']['state'] = 'running'): Promise<{ team: string; name: string }> => {
        const made = await fixture.addWorkspace('owner');
        if (state !== 'running') {
            fixture.auth.rights.apply(await fixture.store.updateStatus({ ...made, status: { ...made.status, state } }));
        }
        await fixture.addGrant(made, 'guest', { run: true });
        return { team: 'home', name: made.metadata.name };
    };

    /** Parts of a call that succeeds for who is allowed to make it. */
    const parts: Partial<Record<OperationId, (person: Person, who: Client) => Promise<CallParts>>> = {
        signInWithPassword: async () => {
            await fixture.auth.passwords.set('mate', 'correct horse');
            return { body: { email: 'mate@example.com', password: 'correct horse' } };
        },
        signInWithLink: async () => ({ body: { token: new URL(await fixture.auth.issueSignInLink()).hash.slice('#token='.length) } }),
        finishPasskeySignIn: async () => ({ body: {} }),
        finishPasskeyRegistration: async () => ({ body: {} }),
        updateMe: async () => ({ body: { displayName: 'New name' } }),
        setPassword: async (person) => {
            await fixture.auth.passwords.set(person, 'correct horse');
            return { body: { current: 'correct horse', password: 'battery staple' } };
        },
        renamePasskey: async (person) => ({ params: { id: await passkey(person) }, body: { name: 'Laptop' } }),
        deletePasskey: async (person) => ({ params: { id: await passkey(person) } }),
        endSession: async (person) => ({ params: { id: person === 'anonymous' ? 'x' : (await fixture.browser(person)).sessionId } }),
        putGitCredential: async () => ({ params: { host: 'github.com' }, body: { username: 'me', password: 'secret' } }),
        deleteGitCredential: async (person) => {
            await fixture.auth.gitCredentials.put(person, 'gitlab.com', { username: 'me', password: 'secret' });
            return { params: { host: 'gitlab.com' } };
        },
        createToken: async () => ({ body: { name: 'ci', scope: 'write', expiresInDays: 30 } }),
        deleteToken: async (person) => ({ params: { id: (await fixture.script(person, 'read')).tokenId } }),
        updateUser: async () => ({ params: { name: 'mate' }, body: { admin: false } }),
        createInvitation: async () => ({ body: { email: `new-${++counter}@example.com` } }),
        revokeInvitation: async () => ({
            params: { id: (await fixture.auth.invitations.create({ email: `new-${++counter}@example.com` }, 'admin')).id },
        }),
        getInvitation: async () => ({ params: { id: await invitationToken() } }),
        acceptInvitation: async () => ({ params: { id: await invitationToken() }, body: { displayName: 'New person' } }),
        acceptSharedMachine: async () => ({ body: { accepted: false } }),
        createTeam: async () => ({ body: { name: `team-${++counter}`, displayName: 'Team' } }),
        getTeam: async () => ({ params: { team: 'home' } }),
        updateTeam: async () => ({ params: { team: 'home' }, body: { quota: { maxRunning: 50 } } }),
        setMember: async () => ({ params: { team: 'home', name: 'mate' }, body: { role: 'developer' } }),
        removeMember: async () => {
            const name = (await fixture.addUser(`leaver${++counter}`)).metadata.name;
            return { params: { team: 'home', name } };
        },
        listPools: async () => ({ params: { team: 'home' } }),
        setPool: async () => ({ params: { team: 'home', name: 'default' }, body: { template: 'default', size: 1 } }),
        getTemplate: async () => ({ params: { name: 'default' } }),
        putTemplate: async () => {
            const template = await fixture.store.get('WorkspaceTemplate', 'tandem', 'default');
            return { params: { name: 'default' }, body: { name: 'default', spec: template?.spec } };
        },
        deleteTemplate: async () => {
            const name = `template-${++counter}`;
            await fixture.addTemplate(name);
            return { params: { name } };
        },
        createWorkspace: async () => ({ params: { team: 'home' }, body: { name: `made-${++counter}` } }),
        getWorkspace: async () => ({ params: await workspace() }),
        updateWorkspace: async () => ({ params: await workspace(), body: { displayName: 'Renamed' } }),
        deleteWorkspace: async () => {
            const params = await workspace();
            return { params, body: { confirmName: params.name } };
        },
        openWorkspace: async () => ({ params: await workspace() }),
        hibernateWorkspace: async () => ({ params: await workspace() }),
        resumeWorkspace: async () => ({ params: await workspace() }),
        retryWorkspace: async () => ({ params: await workspace('failed') }),
        cancelPreparation: async () => ({ params: await workspace('preparing') }),
        keepAwake: async () => ({ params: await workspace(), body: { minutes: 60 } }),
        getWorkspaceLog: async () => ({ params: await workspace() }),
        listPorts: async () => ({ params: await workspace() }),
        sharePort: async () => ({ params: { ...(await workspace()), port: '5173' }, body: { audience: 'team', minutes: 60 } }),
        unsharePort: async () => ({ params: { ...(await workspace()), port: '5173' } }),
        createGrant: async () => ({ params: await workspace(), body: { subject: 'mate', role: 'viewer', run: false, reason: 'look' } }),
        revokeGrant: async () => {
            const { name } = await workspace();
            return { params: { team: 'home', name: `${name}-guest` } };
        },
    };

    /** A passkey of this person, and another, so that it can be removed. */
    async function passkey(person: Person): Promise<string> {
        const insert = `INSERT INTO passkey (id, user, public_key, counter, transports, created_at) VALUES (?, ?, x'00', 0, '[]', 0)`;
        await fixture.database.query(insert, [`key-${++counter}`, person]);
        await fixture.database.query(insert, [`key-${++counter}`, person]);
        return (await fixture.auth.passkeys.list(person))[0]?.id ?? '';
    }

    async function invitationToken(): Promise<string> {
        const { url } = await fixture.auth.invitations.create({ email: `new-${++counter}@example.com` }, 'admin');
        return new URL(url as string).hash.slice('#token='.length);
    }

    it.each(Object.keys(operations) as OperationId[])('%s', async (id) => {
        const operation: Operation = operations[id];
        expect(EXPECTED[id], `say in EXPECTED who may call ${id}`).toBeDefined();
        const outcomes: string[] = [];
        for (const person of PEOPLE) {
            const who = await client(person);
            const given = (await parts[id]?.(person, who)) ?? {};
            const before = (await fixture.audit.list({ limit: 1 })).items[0]?.sequence ?? 0;
            const isEventStream = operation.stream === 'text/event-stream';
            const { statusCode } = isEventStream ? await openStream(who, id) : await fixture.call(who, id, given);
            const passed = NEEDS_DEVICE.has(id) ? ![401, 403, 404].includes(statusCode) : statusCode === operation.status;
            outcomes.push(passed ? 'ok' : String(statusCode));
            const [last] = (await fixture.audit.list({ limit: 1 })).items;
            const written = (last?.sequence ?? 0) - before;
            if (person !== 'anonymous' && person !== 'disabled' && !passed) {
                expect([id, person, written, last?.outcome]).toEqual([id, person, 1, 'denied']);
            } else if (passed && operation.method !== 'GET' && !NEEDS_DEVICE.has(id) && !READS.has(id)) {
                expect([id, person, written, last?.outcome]).toEqual([id, person, 1, 'allowed']);
            }
        }
        expect(outcomes).toEqual([...EXPECTED[id]]);
    });

    const READS: ReadonlySet<OperationId> = new Set(['beginPasskeySignIn', 'beginPasskeyRegistration', 'renewRequestSecret']);

    async function openStream(who: Client, id: OperationId): Promise<{ statusCode: number }> {
        const { path } = operations[id];
        const response = await fixture.app.inject({ method: 'GET', url: path, headers: who.headers, payloadAsStream: true });
        response.stream().destroy();
        return response;
    }

    it('answers for an object of another team as for one that does not exist', async () => {
        const who = await client('foreign');
        const params = await workspace();
        const hidden = await fixture.call(who, 'getWorkspace', { params });
        const absent = await fixture.call(who, 'getWorkspace', { params: { team: 'home', name: 'not-there' } });
        const normal = (text: string): string => text.replace(/"requestId":"[^"]*"/, '');
        expect(normal(hidden.body)).toBe(normal(absent.body));
        // The right name under the wrong team is not there either, not even for its owner.
        const owner = await client('owner');
        expect((await fixture.call(owner, 'getWorkspace', { params: { team: 'other', name: params.name } })).statusCode).toBe(404);
    });

    it('shows in lists what is theirs', async () => {
        await workspace();
        const count = async (person: Person, query: Record<string, string> = {}): Promise<number | string> => {
            const answer = await fixture.call(await client(person), 'listWorkspaces', { query: { limit: '1000', ...query } });
            return answer.statusCode === 200 ? answer.json<{ items: unknown[] }>().items.length : answer.json<{ code: string }>().code;
        };
        const all = fixture.auth.rights.workspaces().length;
        const home = fixture.auth.rights.workspaces().filter(({ metadata }) => metadata.namespace === 'team-home').length;
        expect(await count('foreign')).toBe(0);
        expect(await count('foreign', { all: 'true' })).toBe('forbidden');
        expect(await count('admin', { all: 'true' })).toBe(all);
        expect(await count('lead', { all: 'true' })).toBe(home);
        const users = (await fixture.call(await client('foreign'), 'listUsers')).json<{ items: { metadata: { name: string } }[] }>();
        expect(users.items.map(({ metadata }) => metadata.name)).not.toContain('owner');
    });
});
