import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';
import { dispatchFromWorkspace } from './build-app.ts';
import { ApiFixture, type Client } from './testing/api-fixture.ts';

const PAGE =
    '<!doctype html><title>Tandem</title><script>document.documentElement.dataset.theme="dark"</script><script type="module" src="/assets/app-1a2b3c.js"></script>';

describe('the portal’s origin', () => {
    let folder: string;
    let fixture: ApiFixture;
    let ada: Client & { sessionId: string };

    beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'tandem-portal-'));
        mkdirSync(join(folder, 'assets'));
        writeFileSync(join(folder, 'index.html'), PAGE);
        writeFileSync(join(folder, 'assets', 'app-1a2b3c.js'), 'export {};');
        writeFileSync(join(folder, 'assets', 'app-1a2b3c.js.br'), Buffer.from([0x0b, 0x04, 0x80]));
        writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
        fixture = await ApiFixture.start({ deps: { portalDirectory: folder } });
        await fixture.addUser('ada');
        await fixture.addUser('bob');
        await fixture.addWorkspace('ada', { name: 'space' });
        ada = await fixture.browser('ada');
    });
    afterAll(async () => {
        await fixture.close();
        rmSync(folder, { recursive: true, force: true });
    });

    const get = (url: string, headers: Record<string, string> = {}) => fixture.app.inject({ url, headers });

    it.each(['/', '/sign-in', '/workspaces/space', '/new?repo=https://example.com/a.git'])('serves the page at %s', async (url) => {
        const answer = await get(url);
        expect([answer.statusCode, answer.body, answer.headers['cache-control']]).toEqual([200, PAGE, 'no-cache']);
    });

    it('serves hashed files for ever, precompressed', async () => {
        const plain = await get('/assets/app-1a2b3c.js');
        expect([plain.body, plain.headers['cache-control']]).toEqual(['export {};', 'public, max-age=31536000, immutable']);
        const packed = await get('/assets/app-1a2b3c.js', { 'accept-encoding': 'br' });
        expect(packed.headers['content-encoding']).toBe('br');
        expect((await get('/favicon.svg')).headers['cache-control']).toBe('no-cache');
    });

    it.each(['/assets/gone.js', '/robots.txt', '/api/nothing', '/api/v1/nothing', '/auth/oidc/none/start'])(
        'answers 404 for %s and not with the page',
        async (url) => {
            const answer = await get(url);
            expect(answer.statusCode).toBe(404);
            expect(answer.headers['content-type']).toBe('application/problem+json');
        },
    );

    it.each(['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/assets/..%2f..%2f..%2fetc/passwd', '/..%5c..%5cetc/passwd'])(
        'never leaves its folder for %s',
        async (url) => {
            const answer = await get(url);
            expect(answer.statusCode === 200 ? answer.body : PAGE).toBe(PAGE);
            expect([200, 400, 403, 404]).toContain(answer.statusCode);
        },
    );

    it('tells browsers what the page may do', async () => {
        for (const url of ['/', '/api/v1/version', '/assets/app-1a2b3c.js', '/api/docs', '/nothing.txt']) {
            const { headers } = await get(url);
            const policy = String(headers['content-security-policy']);
            expect(policy).toContain("frame-ancestors 'none'");
            expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/]{43}='/);
            expect(policy).not.toMatch(/script-src[^;]*unsafe/);
            expect(headers).toMatchObject({
                'x-content-type-options': 'nosniff',
                'referrer-policy': 'no-referrer',
                'x-frame-options': 'DENY',
            });
            expect(headers['x-request-id']).toMatch(/^[\w-]{36}$/);
            expect(headers['access-control-allow-origin']).toBeUndefined();
        }
    });

    it('says how it is', async () => {
        expect((await get('/healthz')).json()).toEqual({ status: 'ok' });
        expect((await get('/readyz')).json()).toEqual({ status: 'ok' });
        const metrics = await get('/metrics');
        expect(metrics.body).toMatch(/^tandem_http_requests_total\{method="GET",route="\/healthz",status="200"\} \d+$/m);
        expect(metrics.body).toMatch(/^tandem_workspaces\{state="running"\} 1$/m);
        const remote = { remoteAddress: '192.0.2.1' };
        expect((await fixture.app.inject({ url: '/metrics', ...remote })).statusCode).toBe(401);
        await fixture.addUser('root', { admin: true });
        const token = await fixture.script('root', 'admin');
        expect((await fixture.app.inject({ url: '/metrics', headers: token.headers, ...remote })).statusCode).toBe(200);
        const broken = await ApiFixture.start({ deps: { readiness: { runtime: () => Promise.reject(new Error('no cgroup')) } } });
        const answer = await broken.app.inject('/readyz');
        expect([answer.statusCode, answer.json()]).toEqual([503, { status: 'not-ready', failed: ['runtime'] }]);
        await broken.close();
    });

    it('documents the API without needing anything else', async () => {
        const page = await get('/api/docs');
        expect(page.headers['content-type']).toContain('text/html');
        expect(page.body).not.toMatch(/<script|<link|src=/);
        expect(page.body).toContain('createWorkspace');
        expect((await get('/api/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' });
    });

    describe('opening a workspace', () => {
        it('hands the session over by a one-time code', async () => {
            const answer = await get('/open/space?to=/%23/home/project', ada.headers);
            expect(answer.statusCode).toBe(302);
            expect(answer.headers['cache-control']).toBe('no-store');
            const url = new URL(String(answer.headers['location']));
            expect(url.origin + url.pathname).toBe('http://space.ws.tandem.localhost:24000/.tandem/enter');
            const entered = await fixture.auth.registry.redeemCode(url.searchParams.get('code') ?? '', url.host);
            expect(entered).toMatchObject({ access: { user: { name: 'ada' }, sessionId: ada.sessionId } });
        });

        it('leads to a port’s own host', async () => {
            const url = new URL(String((await get('/open/space?port=5173&to=/a', ada.headers)).headers['location']));
            expect([url.host, url.searchParams.get('to')]).toEqual(['5173--space.ws.tandem.localhost:24000', '/a']);
            const wrong = await get('/open/space?port=99999', ada.headers);
            expect([wrong.statusCode, wrong.headers['location']]).toEqual([302, '/?error=invalid-request&workspace=space']);
        });

        it.each(['https://evil.example.com', '//evil.example.com', '/\\evil.example.com', '/.tandem/bye', 'javascript:alert(1)'])(
            'never leads on to %s',
            async (to) => {
                const url = new URL(String((await get(`/open/space?to=${encodeURIComponent(to)}`, ada.headers)).headers['location']));
                expect([url.host, url.searchParams.get('to')]).toEqual(['space.ws.tandem.localhost:24000', '/']);
            },
        );

        it('asks who is not signed in to sign in and come back', async () => {
            const answer = await get('/open/space?to=/x');
            expect(answer.headers['location']).toBe('/sign-in?return=%2Fopen%2Fspace%3Fto%3D%2Fx');
        });

        it('answers the same for a foreign workspace and for none', async () => {
            const bob = await fixture.browser('bob');
            const [foreign, none] = [await get('/open/space', bob.headers), await get('/open/nothing', bob.headers)];
            expect(String(foreign.headers['location']).replace('=space', '=X')).toBe(
                String(none.headers['location']).replace('=nothing', '=X'),
            );
            expect(foreign.headers['location']).toMatch(/^\/\?error=not-found/);
        });

        it('wakes a hibernated one', async () => {
            await fixture.call(ada, 'hibernateWorkspace', { params: { team: 'home', name: 'space' } });
            expect(fixture.auth.rights.workspace('space')?.spec.operatingMode).toBe('Hibernated');
            await get('/open/space', ada.headers);
            expect(fixture.auth.rights.workspace('space')?.spec.operatingMode).toBe('Running');
        });

        it('gives a script a URL for any browser, whose session ends with the token', async () => {
            const script = await fixture.script('ada', 'write');
            const opened = await fixture.call(script, 'openWorkspace', { params: { team: 'home', name: 'space' } });
            const url = new URL(opened.json<{ url: string }>().url);
            const entered = await fixture.auth.registry.redeemCode(url.searchParams.get('code') ?? '', url.host);
            const { handle } = entered as { handle: string };
            expect(fixture.auth.registry.lookup(handle, 'space')).toMatchObject({ user: { name: 'ada' } });
            await fixture.call(await fixture.browser('ada'), 'deleteToken', { params: { id: script.tokenId } });
            expect(fixture.auth.registry.lookup(handle, 'space')).toMatchObject({ refused: 'signed-out' });
        });
    });

    it('serves a page of a workspace with the rights of its grant only', async () => {
        const workspace = fixture.auth.rights.workspace('space');
        const access = fixture.auth.registry.accessOf(ada.sessionId, workspace!) as WorkspaceAccess;
        const server = createServer((request, response) =>
            dispatchFromWorkspace(fixture.app, request, response, { url: request.url ?? '', access }),
        );
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
        const origin = 'http://space.ws.tandem.localhost:24000';
        const status = async (path: string, method = 'GET', headers: Record<string, string> = {}, body?: string): Promise<number> =>
            (await fetch(base + path, { method, headers: { 'content-type': 'application/json', ...headers }, body })).status;
        expect(await status('/teams/home/workspaces/space')).toBe(200);
        expect(await status('/teams/home/workspaces/space/keep-awake', 'POST', { origin }, '{"minutes":5}')).toBe(200);
        expect(await status('/teams/home/workspaces/space/keep-awake', 'POST', {}, '{"minutes":5}')).toBe(403);
        expect(
            await status(
                '/teams/home/workspaces/space/keep-awake',
                'POST',
                { origin: 'http://other.ws.tandem.localhost:24000' },
                '{"minutes":5}',
            ),
        ).toBe(403);
        expect(await status('/me')).toBe(403);
        expect(await status('/teams/home/workspaces/space', 'DELETE', { origin }, '{"confirmName":"space"}')).toBe(403);
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    });
});
