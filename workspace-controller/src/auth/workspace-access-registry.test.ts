import { COLLAB_AUDIENCE, workspaceAudience, type Revocation } from '@tandem/protocol';
import type { FakeClock } from '@tandem/server-kit';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture } from '../http/testing/api-fixture.ts';
import type { AccessRefusal, WorkspaceAccess } from './workspace-access.ts';

const HOST = 'space-1.ws.tandem.localhost:24000';

describe('access to workspaces', () => {
    let fixture: ApiFixture;
    let told: Revocation[];

    beforeEach(async () => {
        fixture = await ApiFixture.start();
        told = [];
        fixture.auth.registry.onDidRevoke((revocation) => told.push(revocation));
        await fixture.addTeam('other');
        await fixture.addUser('ada');
        await fixture.addUser('bob', { team: 'other' });
    });
    afterEach(() => fixture.close());

    const enter = async (user: string): Promise<{ handle: string; sessionId: string; access: WorkspaceAccess }> => {
        const { sessionId } = await fixture.browser(user);
        const workspace = fixture.auth.rights.workspace('space-1');
        const access = fixture.auth.registry.accessOf(sessionId, workspace!) as WorkspaceAccess;
        const entered = await fixture.auth.registry.redeemCode(await fixture.auth.registry.mintCode(access), HOST);
        return { sessionId, ...(entered as { handle: string; access: WorkspaceAccess }) };
    };
    const refusal = (handle: string, name = 'space-1'): string | undefined =>
        (fixture.auth.registry.lookup(handle, name) as AccessRefusal).refused;

    it('hands over by a code that works once, for its host, for half a minute', async () => {
        const workspace = await fixture.addWorkspace('ada');
        const { registry } = fixture.auth;
        const { sessionId } = await fixture.browser('ada');
        const access = registry.accessOf(sessionId, workspace) as WorkspaceAccess;
        expect(access).toMatchObject({ user: { name: 'ada' }, grantId: 'owner', role: 'owner', run: true, workspace: { name: 'space-1' } });
        const code = await registry.mintCode(access);
        expect(await registry.redeemCode(code, HOST)).toHaveProperty('handle');
        expect(await registry.redeemCode(code, HOST)).toMatchObject({ refused: 'expired' });
        for (const host of ['space-2.ws.tandem.localhost', 'space-1.evil.example.com', 'tandem.localhost', '']) {
            expect(await registry.redeemCode(await registry.mintCode(access), host)).toMatchObject({ refused: 'denied' });
        }
        expect(await registry.redeemCode(await registry.mintCode(access), '5173--space-1.ws.tandem.localhost')).toHaveProperty('handle');
        const late = await registry.mintCode(access);
        (fixture.clock as FakeClock).advance(30_000);
        expect(await registry.redeemCode(late, HOST)).toMatchObject({ refused: 'expired' });
    });

    it('knows a handle for its own workspace only, also after a restart', async () => {
        await fixture.addWorkspace('ada');
        await fixture.addWorkspace('ada');
        const { handle } = await enter('ada');
        expect(fixture.auth.registry.lookup(handle, 'space-1')).toMatchObject({ user: { name: 'ada' } });
        expect(refusal(handle, 'space-2')).toBe('no-cookie');
        expect([refusal(''), refusal('made-up')]).toEqual(['no-cookie', 'no-cookie']);
        await fixture.shut();
        await fixture.open();
        expect(fixture.auth.registry.lookup(handle, 'space-1')).toMatchObject({ user: { name: 'ada' } });
    });

    it('ends with the session, and says so', async () => {
        await fixture.addWorkspace('ada');
        const { handle, sessionId } = await enter('ada');
        await fixture.auth.sessions.end(sessionId, 'You signed out.');
        expect(refusal(handle)).toBe('signed-out');
        expect(told).toMatchObject([{ kind: 'session', id: sessionId, sequence: 1, expired: false }]);
    });

    it('ends at once with a grant that is revoked, through the API and behind its back', async () => {
        const workspace = await fixture.addWorkspace('ada');
        const grant = await fixture.addGrant(workspace, 'bob', { role: 'viewer' });
        const { handle, access } = await enter('bob');
        expect(access).toMatchObject({ role: 'viewer', run: false, grantId: grant.metadata.uid });
        const owner = await fixture.browser('ada');
        await fixture.call(owner, 'revokeGrant', { params: { team: 'home', name: grant.metadata.name } });
        expect(refusal(handle)).toBe('revoked');
        expect(told.map(({ kind, id }) => `${kind} ${id}`)).toEqual([`grant ${grant.metadata.uid}`]);
        const other = await fixture.store.create({
            kind: 'AccessGrant',
            metadata: { namespace: 'team-home', name: 'second' },
            spec: { ...grant.spec, revoked: false },
            status: grant.status,
        });
        await expect.poll(() => fixture.auth.rights.grantByUid(other.metadata.uid)).toBeDefined();
        const again = await enter('bob');
        await fixture.store.delete({ kind: 'AccessGrant', namespace: 'team-home', name: 'second' });
        await expect.poll(() => refusal(again.handle)).toBe('revoked');
        expect(told.at(-1)).toMatchObject({ kind: 'grant', id: other.metadata.uid });
    });

    it('ends with a grant that expires, to the second', async () => {
        const workspace = await fixture.addWorkspace('ada');
        const expiresAt = new Date(fixture.clock.now() + 3_600_000).toISOString();
        const grant = await fixture.addGrant(workspace, 'bob', { expiresAt });
        const { handle, access } = await enter('bob');
        expect(access.expiresAtMs).toBe(Date.parse(expiresAt));
        (fixture.clock as FakeClock).advance(3_599_999);
        expect(refusal(handle)).toBeUndefined();
        (fixture.clock as FakeClock).advance(1);
        expect(refusal(handle)).toBe('expired');
        expect(told).toMatchObject([{ kind: 'grant', id: grant.metadata.uid, expired: true }]);
    });

    it('ends for a disabled person and for a deleted workspace', async () => {
        const workspace = await fixture.addWorkspace('ada');
        await fixture.addGrant(workspace, 'bob');
        const [owner, guest] = [await enter('ada'), await enter('bob')];
        await fixture.auth.people.update('bob', (user) => {
            user.spec.disabled = true;
        });
        expect(['signed-out', 'revoked']).toContain(refusal(guest.handle));
        await expect.poll(() => told.map(({ kind }) => kind).sort()).toEqual(['session', 'user']);
        expect(refusal(owner.handle)).toBeUndefined();
        await fixture.store.delete({ kind: 'Workspace', namespace: 'team-home', name: 'space-1' });
        await expect.poll(() => refusal(owner.handle)).toBe('revoked');
        expect(told.at(-1)).toMatchObject({ kind: 'workspace', id: 'space-1' });
    });

    it('ends with its workspace, whose name nobody gets again', async () => {
        await fixture.addWorkspace('ada');
        const { handle } = await enter('ada');
        await fixture.store.delete({ kind: 'Workspace', namespace: 'team-home', name: 'space-1' });
        await expect(fixture.addWorkspace('ada', { name: 'space-1' })).rejects.toMatchObject({ code: 'already-exists' });
        expect(refusal(handle)).toBe('revoked');
    });

    it('is told upstream by a token that the JWKS verifies, for five minutes at most', async () => {
        const workspace = await fixture.addWorkspace('ada');
        const { access } = await enter('ada');
        const { registry, signingKeys } = fixture.auth;
        const audience = workspaceAudience(workspace.metadata.uid);
        const token = await registry.mintIdentity(access, audience, 7);
        await signingKeys.rotate();
        const currentDate = new Date(fixture.clock.now());
        const keys = (await fixture.app.inject('/.well-known/jwks.json')).json<ReturnType<typeof signingKeys.jwks>>();
        expect(keys.keys).toHaveLength(2);
        expect(JSON.stringify(keys)).not.toContain('"d"');
        const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
            audience,
            issuer: 'http://tandem.localhost:24000',
            currentDate,
        });
        expect(payload).toMatchObject({
            sub: 'ada',
            sid: access.sessionId,
            grant: 'owner',
            role: 'owner',
            run: true,
            ws: 'space-1',
            gen: 7,
        });
        expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
        const short = await registry.mintIdentity({ ...access, expiresAtMs: fixture.clock.now() + 60_000 }, audience, 7);
        expect(decodeJwt(short).exp).toBe(Math.floor(fixture.clock.now() / 1000) + 60);
        const control = decodeJwt(await fixture.auth.mintControlToken(workspace.metadata.uid));
        expect(control).toMatchObject({ sub: 'controller', role: 'controller', aud: audience });
        await fixture.shut();
        await fixture.open();
        expect(fixture.auth.signingKeys.jwks()).toEqual(keys);
    });

    it('carries to the collaboration server what the role may write', async () => {
        const workspace = await fixture.addWorkspace('ada');
        await fixture.addGrant(workspace, 'bob', { role: 'commenter' });
        const { access } = await enter('bob');
        const { uid } = workspace.metadata;
        const claims = decodeJwt<{ rooms: { pattern: string; access: string }[] }>(
            await fixture.auth.registry.mintIdentity(access, COLLAB_AUDIENCE, 1),
        );
        expect(Object.fromEntries(claims.rooms.map(({ pattern, access: right }) => [pattern, right]))).toEqual({
            [`w/${uid}/f/*`]: 'read',
            [`w/${uid}/state`]: 'read',
            [`w/${uid}/shared`]: 'read',
            [`w/${uid}/threads`]: 'comment',
        });
    });
});
