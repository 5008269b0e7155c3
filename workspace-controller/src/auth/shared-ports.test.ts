import { PORT_AUDIENCES, type PortAudience, type Revocation, type Workspace } from '@tandem/protocol';
import type { FakeClock } from '@tandem/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture } from '../http/testing/api-fixture.ts';
import type { AccessRefusal, WorkspaceAccess } from './workspace-access.ts';

const PORT = 5173;
const host = (label: string): string => `${label}.ws.tandem.localhost:24000`;

describe('shared ports', () => {
    let fixture: ApiFixture;
    let workspace: Workspace;
    let told: Revocation[];

    beforeEach(async () => {
        fixture = await ApiFixture.start();
        told = [];
        fixture.auth.registry.onDidRevoke((revocation) => told.push(revocation));
        await fixture.addTeam('other');
        await fixture.addUser('owner');
        await fixture.addUser('mate');
        await fixture.addUser('runner', { team: 'other' });
        await fixture.addUser('viewer', { team: 'other' });
        await fixture.addUser('foreign', { team: 'other' });
        await fixture.addUser('boss', { admin: true, team: 'other' });
        workspace = await fixture.addWorkspace('owner');
        await fixture.addGrant(workspace, 'runner', { run: true });
        await fixture.addGrant(workspace, 'viewer', { role: 'viewer', run: false });
        await allowPublic(true);
    });
    afterEach(() => fixture.close());

    const params = (port = PORT) => ({ team: 'home', name: workspace.metadata.name, port: String(port) });
    const share = async (audience: PortAudience, minutes?: number, port = PORT) =>
        fixture.call(await fixture.browser('owner'), 'sharePort', { params: params(port), body: { audience, minutes } });
    const unshare = async (who = 'owner') => fixture.call(await fixture.browser(who), 'unsharePort', { params: params() });
    const allowPublic = async (publicPorts: boolean, who = 'boss') =>
        fixture.call(await fixture.browser(who), 'updateTeam', { params: { team: 'home' }, body: { publicPorts } });

    /** As a browser does: through the portal to the port's host, and there with the cookie. */
    async function visit(person: string | undefined, port = PORT): Promise<WorkspaceAccess | AccessRefusal> {
        const { registry } = fixture.auth;
        const { name } = workspace.metadata;
        if (person === undefined) {
            return registry.lookup(undefined, name, port);
        }
        const { sessionId } = await fixture.browser(person);
        const access = registry.accessOf(sessionId, fixture.auth.rights.workspace(name)!, { port });
        if ('refused' in access) {
            return access;
        }
        const entered = await registry.redeemCode(await registry.mintCode(access), host(`${port}--${name}`));
        handle = 'handle' in entered ? entered.handle : '';
        return registry.lookup(handle, name, port);
    }
    let handle = '';
    /** What the gateway lets through. */
    const opens = (access: WorkspaceAccess | AccessRefusal, port = PORT): boolean =>
        !('refused' in access) && (access.run || access.port === port);

    const PEOPLE = ['owner', 'runner', 'viewer', 'mate', 'foreign', 'boss', undefined] as const;
    const EXPECTED: Record<PortAudience | 'private', string> = {
        private: 'owner runner',
        team: 'owner runner mate',
        'signed-in': 'owner runner viewer mate foreign boss',
        public: 'owner runner viewer mate foreign boss anybody',
    };

    it.each(['private', ...PORT_AUDIENCES] as const)('%s: these may, the others may not', async (audience) => {
        if (audience !== 'private') {
            expect((await share(audience)).statusCode).toBe(200);
        }
        const let_in: string[] = [];
        for (const person of PEOPLE) {
            if (opens(await visit(person))) {
                let_in.push(person ?? 'anybody');
            }
            // Another port of the same workspace stays as private as it was.
            expect([person, opens(await visit(person, 8080), 8080)]).toEqual([person, person === 'owner' || person === 'runner']);
        }
        expect(let_in.join(' ')).toBe(EXPECTED[audience]);
    });

    it('open nothing but themselves', async () => {
        await share('signed-in');
        const { registry } = fixture.auth;
        expect(await visit('foreign')).toMatchObject({ port: PORT, run: false });
        const { name } = workspace.metadata;
        expect(registry.lookup(handle, name)).toMatchObject({ refused: 'revoked' });
        expect(registry.lookup(handle, name, 8080)).toMatchObject({ refused: 'revoked' });
        // The way over the portal: no code for the workspace's own host comes of it.
        const { sessionId } = await fixture.browser('foreign');
        const access = registry.accessOf(sessionId, fixture.auth.rights.workspace(name)!, { port: PORT }) as WorkspaceAccess;
        for (const label of [name, `8080--${name}`]) {
            expect(await registry.redeemCode(await registry.mintCode(access), host(label))).toMatchObject({ refused: 'denied' });
        }
    });

    it('are taken back at once, with what is open on them', async () => {
        for (const how of ['unshared by the owner', 'unshared by an admin', 'narrowed'] as const) {
            told.length = 0;
            await share('signed-in');
            const access = (await visit('foreign')) as WorkspaceAccess;
            const mine = handle;
            await (how === 'narrowed' ? share('team') : unshare(how === 'unshared by an admin' ? 'boss' : 'owner'));
            expect(fixture.auth.registry.lookup(mine, workspace.metadata.name, PORT)).toMatchObject({ refused: 'revoked' });
            expect.soft(told, how).toMatchObject([{ kind: 'grant', id: access.grantId }]);
        }
        told.length = 0;
        await share('signed-in');
        await share('public');
        expect(told).toEqual([]);
    });

    it('end on time', async () => {
        const shared = (await share('signed-in', 30)).json<{ expiresAt: string }>();
        const access = (await visit('foreign')) as WorkspaceAccess;
        expect(access.expiresAtMs).toBe(Date.parse(shared.expiresAt));
        (fixture.clock as FakeClock).advance(30 * 60_000);
        expect(fixture.auth.registry.lookup(handle, workspace.metadata.name, PORT)).toHaveProperty('refused');
        expect(opens(await visit('foreign'))).toBe(false);
    });

    it('end for who leaves the team', async () => {
        await share('team');
        const access = (await visit('mate')) as WorkspaceAccess;
        await fixture.auth.people.removeMember('home', 'mate');
        expect(fixture.auth.registry.lookup(handle, workspace.metadata.name, PORT)).toHaveProperty('refused');
        await expect.poll(() => told).toMatchObject([{ kind: 'grant', id: access.grantId }]);
    });

    it('are public where an admin allows it only, and for as long', async () => {
        expect((await allowPublic(false, 'owner')).statusCode).toBe(403);
        await share('public');
        const access = (await visit(undefined)) as WorkspaceAccess;
        expect(access).toMatchObject({ anonymous: true, port: PORT });
        await allowPublic(false);
        expect(opens(await visit(undefined))).toBe(false);
        expect(opens(await visit('foreign'))).toBe(false);
        await expect.poll(() => told).toMatchObject([{ kind: 'grant', id: access.grantId }]);
        const refused = await share('public');
        expect(refused.statusCode).toBe(403);
        expect(refused.json<{ detail: string }>().detail).toContain('An admin can allow it');
    });

    it('are listed with whom and until when, also while nothing listens', async () => {
        await share('team', 60, 3000);
        const owner = await fixture.browser('owner');
        const { items } = (await fixture.call(owner, 'listPorts', { params: params() })).json<{ items: unknown[] }>();
        expect(items).toContainEqual(
            expect.objectContaining({ port: 3000, audience: 'team', listening: false, expiresAt: expect.any(String) as string }),
        );
        for (const port of ['0', '65536', '-1', 'x', '1e3']) {
            expect((await fixture.call(owner, 'sharePort', { params: { ...params(), port }, body: { audience: 'team' } })).statusCode).toBe(
                400,
            );
        }
        expect((await share('nobody' as PortAudience)).statusCode).toBe(400);
        expect((await share('team', 0)).statusCode).toBe(400);
    });
});
