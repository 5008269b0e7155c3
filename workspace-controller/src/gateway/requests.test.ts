import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayFixture, until, WORKSPACE } from './test-support/gateway-fixture.ts';

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };

describe('the origin of a workspace', () => {
    let fixture: GatewayFixture;
    beforeEach(async () => {
        fixture = await GatewayFixture.start();
    });
    afterEach(() => fixture.close());

    it('sends a person without a cookie to the portal and back with the cookie', async () => {
        await fixture.workspace((request, response) => response.end(`ide ${request.url}`));
        const away = await fixture.fetch('/?folder=/p', { headers: NAVIGATION });
        expect(away.status).toBe(302);
        expect(away.headers.location).toBe(`${fixture.portalOrigin}/open/${WORKSPACE}?to=%2F%3Ffolder%3D%2Fp`);
        const code = await fixture.access.mintCode(fixture.person());
        const entered = await fixture.fetch(`/.tandem/enter?code=${code}&to=${encodeURIComponent('/?folder=/p')}`, { headers: NAVIGATION });
        expect(entered.status).toBe(302);
        expect(entered.headers.location).toBe('/?folder=/p');
        const [cookie] = entered.headers['set-cookie'] ?? [];
        expect(cookie).toMatch(/^__Host-tandem-workspace=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
        const ide = await fixture.fetch('/?folder=/p', { headers: { Cookie: cookie?.split(';')[0] ?? '' } });
        expect(ide.body).toBe('ide /?folder=/p');
    });

    it('answers programs without a cookie with an error and never with a redirect', async () => {
        await fixture.workspace((_, response) => response.end('secret'));
        const kinds: Record<string, string>[] = [{ 'Sec-Fetch-Mode': 'cors' }, { Accept: 'application/json' }, {}];
        for (const headers of kinds) {
            const answer = await fixture.fetch('/files', { headers });
            expect(answer.status).toBe(401);
            expect(JSON.parse(answer.body)).toMatchObject({ code: 'not-signed-in', status: 401 });
        }
    });

    it('passes Host, Origin and the program’s own cookies, keeps its own and adds a signed identity', async () => {
        let seen: { headers: Record<string, unknown>; raw: string[] } = { headers: {}, raw: [] };
        await fixture.workspace((request, response) => {
            seen = { headers: request.headers, raw: request.rawHeaders };
            response.setHeader('Set-Cookie', [
                'theia-connection-token=t; SameSite=Strict',
                'tandem-workspace=evil',
                'x=1; Domain=ws.tandem.localhost',
            ]);
            response.end();
        });
        const answer = await fixture.fetch('/x', {
            method: 'POST',
            headers: {
                Origin: fixture.origin(),
                Cookie: `a=1; ${fixture.cookie()}; tandem-session=portal`,
                Authorization: 'Bearer tdm_x',
                'Tandem-Identity': 'forged',
                Tandem_Identity: 'forged',
                'Tandem-Request-Secret': 's',
                'X-Forwarded-For': '6.6.6.6',
                Connection: 'keep-alive, X-Hop, Cookie',
                'X-Hop': 'dropped',
            },
        });
        expect(seen.headers).toMatchObject({
            host: fixture.host(),
            origin: fixture.origin(),
            cookie: 'a=1',
            'x-forwarded-for': '127.0.0.1',
        });
        expect(seen.headers['authorization']).toBeUndefined();
        expect(seen.headers['tandem-request-secret']).toBeUndefined();
        expect(seen.headers['x-hop']).toBeUndefined();
        expect(JSON.stringify(seen.raw)).not.toContain('forged');
        const { payload } = await jwtVerify(String(seen.headers['tandem-identity']), fixture.access.keys.publicKey);
        const uid = fixture.directory.byName(WORKSPACE)?.workspace.metadata.uid;
        expect(payload).toMatchObject({
            sub: 'ada',
            aud: `workspace:${uid}`,
            sid: 'session-1',
            grant: 'owner',
            role: 'owner',
            ws: WORKSPACE,
            gen: 1,
        });
        expect(answer.headers['set-cookie']).toEqual(['theia-connection-token=t; SameSite=Strict', 'x=1']);
    });

    it('signs an identity once for many requests', async () => {
        await fixture.workspace((_, response) => response.end());
        const Cookie = fixture.cookie();
        await Promise.all(Array.from({ length: 20 }, () => fixture.fetch('/', { headers: { Cookie } })));
        expect(fixture.access.minted).toBe(1);
    });

    it('streams both ways as the bytes come', async () => {
        await fixture.workspace((request, response) => {
            response.writeHead(200, { 'Content-Type': 'text/event-stream' });
            response.flushHeaders();
            request.on('data', (chunk: Buffer) => response.write(`data: ${chunk.toString()}\n\n`));
            request.on('end', () => response.end());
        });
        const outgoing = httpRequest({
            port: fixture.port,
            host: '127.0.0.1',
            method: 'POST',
            headers: { Host: fixture.host(), Cookie: fixture.cookie(), Origin: fixture.origin(), 'Transfer-Encoding': 'chunked' },
        });
        outgoing.flushHeaders();
        const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
        for (const word of ['one', 'two', 'three']) {
            outgoing.write(word);
            const [chunk] = (await once(incoming, 'data')) as [Buffer];
            expect(chunk.toString()).toBe(`data: ${word}\n\n`);
        }
        outgoing.end();
        await once(incoming, 'end');
    });

    it('takes an upload no faster than the workspace reads it', async () => {
        const MEGABYTE = 1024 * 1024;
        let release: () => void = () => undefined;
        const released = new Promise<void>((resolve) => (release = resolve));
        let received = 0;
        await fixture.workspace((request, response) => {
            request.pause();
            void released.then(() => {
                request.on('data', (chunk: Buffer) => (received += chunk.length));
                request.on('end', () => response.end(String(received)));
                request.resume();
            });
        });
        const total = 64 * MEGABYTE;
        const outgoing = httpRequest({
            port: fixture.port,
            host: '127.0.0.1',
            method: 'PUT',
            headers: { Host: fixture.host(), Cookie: fixture.cookie(), Origin: fixture.origin(), 'Content-Length': total },
        });
        const piece = Buffer.alloc(MEGABYTE);
        let sent = 0;
        let blocked = false;
        const answer = once(outgoing, 'response');
        const before = process.memoryUsage().rss;
        while (sent < total) {
            sent += piece.length;
            if (!outgoing.write(piece)) {
                const drained = await Promise.race([
                    once(outgoing, 'drain').then(() => true),
                    new Promise<false>((r) => setTimeout(r, 300, false)),
                ]);
                if (!drained) {
                    blocked = true;
                    release();
                    await once(outgoing, 'drain');
                }
            }
        }
        outgoing.end();
        const [incoming] = (await answer) as [import('node:http').IncomingMessage];
        const [body] = (await once(incoming, 'data')) as [Buffer];
        expect(blocked).toBe(true);
        expect(Number(body.toString())).toBe(total);
        expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEGABYTE);
    });

    it('passes 100-continue, trailers, early answers and empty answers on', async () => {
        await fixture.workspace((request, response) => {
            if (request.url === '/trailers') {
                response.writeHead(200, { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' });
                response.write('body');
                response.addTrailers({ 'X-Sum': '42' });
                response.end();
            } else if (request.url === '/empty') {
                response.writeHead(204, { 'X-Length': request.headers['content-length'] ?? 'none' });
                response.end();
            } else {
                request.resume();
                request.on('end', () => response.end(`${request.method}`));
            }
        });
        const headers = { Cookie: fixture.cookie(), Origin: fixture.origin() };
        expect(await fixture.fetch('/trailers', { headers })).toMatchObject({ body: 'body', trailers: { 'x-sum': '42' } });
        expect(await fixture.fetch('/empty', { method: 'POST', headers })).toMatchObject({ status: 204, headers: { 'x-length': '0' } });
        expect(await fixture.fetch('/', { method: 'HEAD', headers })).toMatchObject({ status: 200, body: '' });
        const outgoing = httpRequest({
            port: fixture.port,
            host: '127.0.0.1',
            method: 'POST',
            headers: { Host: fixture.host(), ...headers, Expect: '100-continue', 'Content-Length': 4 },
        });
        outgoing.flushHeaders();
        const answer = once(outgoing, 'response');
        await once(outgoing, 'continue');
        outgoing.end('body');
        const [incoming] = (await answer) as [import('node:http').IncomingMessage];
        expect(incoming.statusCode).toBe(200);
        incoming.resume();
        await once(incoming, 'end');
    });

    it('ends the workspace’s work when the browser leaves', async () => {
        let open = 0;
        await fixture.workspace((_, response) => {
            open++;
            response.write('x');
            response.on('close', () => open--);
        });
        const outgoing = httpRequest({
            port: fixture.port,
            host: '127.0.0.1',
            headers: { Host: fixture.host(), Cookie: fixture.cookie() },
        });
        outgoing.on('error', () => undefined);
        outgoing.end();
        await once(outgoing, 'response');
        expect(open).toBe(1);
        outgoing.destroy();
        await until(() => open === 0, 'the end upstream');
        expect(fixture.gateway.connectionsOf(WORKSPACE)).toBe(0);
    });

    it('lets a torn answer look torn', async () => {
        await fixture.workspace((_, response) => {
            response.writeHead(200, { 'Content-Length': '1000' });
            response.write('half');
            setTimeout(() => response.socket?.destroy(), 20);
        });
        await expect(fixture.fetch('/', { headers: { Cookie: fixture.cookie() } })).rejects.toThrow(/aborted|hang up/);
    });

    it('shows a page that waits while the workspace does not answer, and tells programs so', async () => {
        await fixture.workspace((request) => request.socket.destroy());
        const headers = { Cookie: fixture.cookie() };
        const page = await fixture.fetch('/', { headers: { ...headers, ...NAVIGATION } });
        expect(page.status).toBe(502);
        expect(page.headers['content-type']).toContain('text/html');
        expect(page.headers['content-security-policy']).toContain("default-src 'none'");
        const error = await fixture.fetch('/', { headers });
        expect(JSON.parse(error.body)).toMatchObject({ code: 'unavailable', status: 502 });
        fixture.directory.add(WORKSPACE, { socketPath: join(fixture.folder, 'nobody.sock') });
        const again = { Cookie: fixture.cookie(), ...NAVIGATION };
        expect((await fixture.fetch('/', { headers: again })).status).toBe(503);
        expect(JSON.parse((await fixture.fetch('/.tandem/session', { headers: again })).body).state).toBe('active');
        expect(JSON.parse((await fixture.fetch('/.tandem/session?probe=1', { headers: again })).body).state).toBe('starting');
    });

    it('wakes a workspace that a person opens, and no other way', async () => {
        const upstream = await fixture.workspace((_, response) => response.end('awake'));
        const { endpoint } = fixture.directory.byName(WORKSPACE) ?? {};
        fixture.directory.add(WORKSPACE, undefined, { state: 'hibernated' });
        const headers = { Cookie: fixture.cookie() };
        expect(JSON.parse((await fixture.fetch('/api', { headers })).body)).toMatchObject({ code: 'workspace-not-running', status: 503 });
        expect(JSON.parse((await fixture.fetch('/.tandem/session', { headers })).body)).toMatchObject({ state: 'hibernated' });
        expect(fixture.directory.wakes).toEqual([]);
        const page = await fixture.fetch('/', { headers: { ...headers, ...NAVIGATION } });
        expect(page.status).toBe(503);
        expect(page.body).toContain(`Resuming The ${WORKSPACE}`);
        expect(fixture.directory.wakes).toEqual([WORKSPACE]);
        fixture.directory.onWake = () => {
            const entry = fixture.directory.byName(WORKSPACE);
            if (entry) {
                entry.endpoint = endpoint;
            }
        };
        expect((await fixture.fetch('/', { headers: { ...headers, ...NAVIGATION } })).body).toBe('awake');
        expect(upstream.listening).toBe(true);
    });

    it('says in every case what the session is', async () => {
        await fixture.workspace((_, response) => response.end());
        const session = async (headers: Record<string, string> = {}): Promise<Record<string, unknown>> => {
            const answer = await fixture.fetch('/.tandem/session', { headers });
            expect(answer.status).toBe(200);
            expect(answer.headers['cache-control']).toBe('no-store');
            return JSON.parse(answer.body) as Record<string, unknown>;
        };
        expect(await session()).toMatchObject({ state: 'signed-out', acceptsUpgrades: true });
        expect(await session()).not.toHaveProperty('workspace');
        const headers = { Cookie: fixture.cookie({ grantId: 'g1', role: 'viewer', run: false }) };
        expect(await session(headers)).toMatchObject({ state: 'active', role: 'viewer', run: false, user: { name: 'ada' } });
        fixture.access.revoke('grant', 'g1', { reason: 'Bo ended your access.' });
        expect(await session(headers)).toMatchObject({ state: 'revoked', reason: 'Bo ended your access.' });
        const stale = { Cookie: fixture.cookie({ sessionId: 's9', expiresAtMs: Date.now() - 1 }) };
        expect(await session(stale)).toMatchObject({ state: 'expired' });
        const own = { Cookie: fixture.cookie({ sessionId: 's3' }) };
        fixture.directory.add(WORKSPACE, undefined, { state: 'failed', reason: 'The disk is full.', reasonCode: 'storage-full' });
        const uid = fixture.directory.byName(WORKSPACE)?.workspace.metadata.uid ?? '';
        expect(await session(own)).toMatchObject({ state: 'unavailable', reason: 'This workspace was deleted.' });
        const now = { Cookie: fixture.cookie({ sessionId: 's4', workspace: { name: WORKSPACE, uid, namespace: 'team-home' } }) };
        expect(await session(now)).toMatchObject({ state: 'unavailable', reason: 'The disk is full.', reasonCode: 'storage-full' });
    });

    it('signs out of this origin only for a page of this origin, and cuts what is open', async () => {
        let response: ServerResponse | undefined;
        await fixture.workspace((_, answer) => {
            response = answer;
            answer.write('stream');
        });
        const Cookie = fixture.cookie();
        const stream = fixture.fetch('/events', { headers: { Cookie } }).catch((error: Error) => error.message);
        await until(() => response !== undefined);
        const foreign = await fixture.fetch('/.tandem/bye', { method: 'POST', headers: { Cookie, Origin: fixture.origin('other') } });
        expect(foreign.status).toBe(403);
        const bye = await fixture.fetch('/.tandem/bye', { method: 'POST', headers: { Cookie, Origin: fixture.origin() } });
        expect(bye.status).toBe(204);
        expect(bye.headers['set-cookie']?.[0]).toContain('__Host-tandem-workspace=; Path=/; Max-Age=0');
        expect(await stream).toMatch(/aborted|hang up/);
    });

    it('serves bundles to all origins, compressed and for ever, and webviews to their workspace alone', async () => {
        mkdirSync(join(fixture.folder, 'frontend'));
        mkdirSync(join(fixture.folder, 'webview'));
        writeFileSync(join(fixture.folder, 'frontend/bundle.3f9c2a71.js'), 'plain');
        writeFileSync(join(fixture.folder, 'frontend/bundle.3f9c2a71.js.br'), 'br');
        writeFileSync(join(fixture.folder, 'frontend/bundle.3f9c2a71.js.gz'), 'gzip');
        writeFileSync(join(fixture.folder, 'frontend/index.html'), 'page');
        writeFileSync(join(fixture.folder, 'webview/index.html'), 'frame');
        writeFileSync(join(fixture.folder, 'webview/main.js'), 'script');
        const host = fixture.host('static');
        const bundle = await fixture.fetch('/bundle.3f9c2a71.js', { host, headers: { 'Accept-Encoding': 'gzip, br' } });
        expect(bundle).toMatchObject({ status: 200, body: 'br' });
        expect(bundle.headers).toMatchObject({
            'content-encoding': 'br',
            'access-control-allow-origin': '*',
            'cache-control': 'public, max-age=31536000, immutable',
            'content-type': 'text/javascript; charset=utf-8',
            vary: 'Accept-Encoding',
        });
        expect((await fixture.fetch('/bundle.3f9c2a71.js', { host, headers: { 'Accept-Encoding': 'br;q=0, gzip' } })).body).toBe('gzip');
        expect((await fixture.fetch('/bundle.3f9c2a71.js', { host })).body).toBe('plain');
        const cached = await fixture.fetch('/bundle.3f9c2a71.js', {
            host,
            headers: { 'If-None-Match': String(bundle.headers.etag), 'Accept-Encoding': 'br' },
        });
        expect(cached.status).toBe(304);
        for (const path of [
            '/index.html',
            '/',
            '/../webview/main.js',
            '/..%2fwebview/main.js',
            '/%2e%2e/webview/main.js',
            '/bundle.3f9c2a71.js.br',
            '/.%00',
        ]) {
            expect((await fixture.fetch(path, { host })).status, path).toBe(404);
        }
        const webview = fixture.host(`wv-7b0c3a52-2f0e-4c5d-9a43-0f2f5a1b6c7d-${WORKSPACE}`);
        const frame = await fixture.fetch('/webview/index.html?id=1', { host: webview });
        expect(frame).toMatchObject({ status: 200, body: 'frame' });
        expect(frame.headers['content-security-policy']).toBe(`frame-ancestors 'self' ${fixture.origin()}`);
        expect((await fixture.fetch('/webview/', { host: webview })).body).toBe('frame');
        expect((await fixture.fetch('/webview/main.js', { host: webview })).body).toBe('script');
        for (const path of [
            '/files',
            '/webview/../frontend/bundle.3f9c2a71.js',
            '/webview/..%2ffrontend/bundle.3f9c2a71.js',
            '/.tandem/session',
        ]) {
            expect((await fixture.fetch(path, { host: webview })).status, path).toBe(404);
        }
        expect((await fixture.fetch('/webview/main.js', { host: webview, method: 'POST' })).status).toBe(405);
    });
});
