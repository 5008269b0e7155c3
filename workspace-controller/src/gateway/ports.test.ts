import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { closed, GatewayFixture, opened, WORKSPACE } from './test-support/gateway-fixture.ts';

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };

describe('ports of a workspace', () => {
    let fixture: GatewayFixture;
    let port: number;
    let seen: IncomingMessage[];
    let label: string;
    let host: string;

    beforeEach(async () => {
        fixture = await GatewayFixture.start();
        await fixture.workspace((_, response) => response.end('ide'));
        seen = [];
        const program = await fixture.program((request, response) => {
            seen.push(request);
            if (request.url === '/login') {
                response.writeHead(302, {
                    Location: `http://localhost:${port}/home?a=b`,
                    'Set-Cookie': ['sid=1; Domain=localhost; Path=/; HttpOnly', '__Host-tandem-workspace=evil; Path=/; Secure'],
                    'Access-Control-Allow-Origin': 'http://127.0.0.1:5173',
                });
                response.end();
            } else {
                response.end(`program ${request.method} ${request.url}`);
            }
        });
        const sockets = new WebSocketServer({ server: program.server });
        sockets.on('connection', (socket, request) => {
            seen.push(request);
            socket.on('error', () => undefined);
            socket.on('message', (data) => socket.send(String(data)));
        });
        port = program.port;
        label = `${port}--${WORKSPACE}`;
        host = fixture.host(label);
    });
    afterEach(() => fixture.close());

    it('are signed in to like the workspace itself, on their own host', async () => {
        const away = await fixture.fetch('/app?x=1', { host, headers: NAVIGATION });
        expect(away.headers.location).toBe(`${fixture.portalOrigin}/open/${WORKSPACE}?to=%2Fapp%3Fx%3D1&port=${port}`);
        const code = await fixture.access.mintCode(fixture.person());
        const entered = await fixture.fetch(`/.tandem/enter?code=${code}&to=/app`, { host, headers: NAVIGATION });
        const cookie = entered.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
        expect((await fixture.fetch('/app', { host, headers: { Cookie: cookie } })).body).toBe('program GET /app');
    });

    it('see a visit to localhost, and nothing of Tandem’s', async () => {
        await fixture.fetch('/x', {
            host,
            method: 'POST',
            headers: {
                Cookie: `sid=1; ${fixture.cookie()}`,
                Origin: fixture.origin(label),
                Referer: `${fixture.origin(label)}/form?y`,
                Authorization: 'Bearer own-token',
                'Tandem-Identity': 'forged',
            },
        });
        const [request] = seen;
        expect(request?.headers).toMatchObject({
            host: `localhost:${port}`,
            origin: `http://localhost:${port}`,
            referer: `http://localhost:${port}/form?y`,
            cookie: 'sid=1',
            authorization: 'Bearer own-token',
            'x-forwarded-host': host,
            'x-forwarded-proto': 'http',
            'x-forwarded-for': '127.0.0.1',
        });
        expect(request?.headers['tandem-identity']).toBeUndefined();
        await fixture.fetch('/x', { host, headers: { Cookie: fixture.cookie(), Authorization: 'Bearer tdm_abc_def' } });
        expect(seen[1]?.headers.authorization).toBeUndefined();
    });

    it('get their redirects, cookies and allowed origins turned to the outside', async () => {
        const answer = await fixture.fetch('/login', { host, headers: { Cookie: fixture.cookie() } });
        expect(answer.headers.location).toBe(`${fixture.origin(label)}/home?a=b`);
        expect(answer.headers['set-cookie']).toEqual(['sid=1; Path=/; HttpOnly']);
        expect(answer.headers['access-control-allow-origin']).toBe(fixture.origin(`5173--${WORKSPACE}`));
    });

    it('answer preflights without a cookie, and nothing else', async () => {
        const preflight = { Origin: fixture.origin(`5173--${WORKSPACE}`), 'Access-Control-Request-Method': 'PUT' };
        expect((await fixture.fetch('/x', { host, method: 'OPTIONS', headers: preflight })).body).toBe('program OPTIONS /x');
        expect((await fixture.fetch('/x', { host, method: 'OPTIONS' })).status).toBe(401);
        expect((await fixture.fetch('/x', { host, method: 'PUT', headers: { Origin: preflight.Origin } })).status).toBe(401);
    });

    it('may be called by another port of the same workspace, by no other origin', async () => {
        const call = async (headers: Record<string, string>, method = 'POST'): Promise<number> =>
            (await fixture.fetch('/x', { host, method, headers: { Cookie: fixture.cookie(), ...headers } })).status;
        expect(await call({ Origin: fixture.origin(`5173--${WORKSPACE}`), 'Sec-Fetch-Site': 'same-site' })).toBe(200);
        expect(await call({ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
        expect(await call({ Origin: fixture.origin('5173--other') })).toBe(403);
        expect(await call({ Origin: fixture.portalOrigin })).toBe(403);
        expect(await call({ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
        expect(await call({})).toBe(403);
        expect(await call({ 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' }, 'GET')).toBe(403);
        expect(await call({ 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'no-cors' }, 'GET')).toBe(200);
    });

    it('need the permission to run', async () => {
        const Cookie = fixture.cookie({ role: 'editor', run: false, grantId: 'g1' });
        expect((await fixture.fetch('/', { host, headers: { Cookie } })).status).toBe(403);
        expect((await fixture.fetch('/', { host, headers: { Cookie, ...NAVIGATION } })).body).toContain('You have no access here');
        await expect(opened(fixture.webSocket('/', { host, cookie: Cookie }).on('error', () => undefined))).rejects.toThrow(/^403/);
        expect(seen).toHaveLength(0);
    });

    it('open one by one to whom they are shared with', async () => {
        const Cookie = fixture.cookie({ role: 'viewer', run: false, grantId: 'port:u:1', port });
        expect((await fixture.fetch('/', { host, headers: { Cookie } })).status).toBe(200);
        expect((await fixture.fetch('/', { host: fixture.host(`1--${WORKSPACE}`), headers: { Cookie } })).status).toBe(403);
        const client = fixture.webSocket('/hmr', { host, cookie: Cookie });
        await opened(client);
        const closing = closed(client);
        fixture.access.revoke('grant', 'port:u:1', { reason: 'no longer shared' });
        expect(await closing).toMatchObject({ code: 4401, reason: 'no longer shared' });
    });

    it('serve everybody when they are public: without a cookie, from any page, and until that ends', async () => {
        const { grantId } = fixture.access.sharePublicly(fixture.person().workspace, port);
        expect((await fixture.fetch('/', { host, headers: NAVIGATION })).body).toBe('program GET /');
        const hook = { Origin: 'https://hooks.example.com', 'Sec-Fetch-Site': 'cross-site' };
        expect((await fixture.fetch('/hook', { host, method: 'POST', headers: hook })).body).toBe('program POST /hook');
        expect((await fixture.fetch('/', { host: fixture.host(`1--${WORKSPACE}`) })).status).toBe(401);
        expect((await fixture.fetch('/', { host: fixture.host(WORKSPACE) })).status).toBe(401);
        const client = fixture.webSocket('/hmr', { host, origin: 'https://elsewhere.example.com' });
        await opened(client);
        const closing = closed(client);
        fixture.access.revoke('grant', grantId);
        expect((await closing).code).toBe(4401);
        expect((await fixture.fetch('/', { host })).status).toBe(401);
    });

    it('are those of the workspace only, never of another one or of the platform', async () => {
        fixture.directory.add('other', { socketPath: '/nowhere' });
        const foreign = fixture.host(`${port}--other`);
        const Cookie = fixture.cookie({}, 'other');
        expect((await fixture.fetch('/', { host: foreign, headers: { Cookie } })).status).toBe(502);
        const uid = fixture.directory.byName(WORKSPACE)?.workspace.metadata.uid ?? '';
        fixture.listeners.set(uid, [{ port: fixture.port, process: 'tandem' }]);
        const platform = fixture.host(`${fixture.port}--${WORKSPACE}`);
        expect((await fixture.fetch('/', { host: platform, headers: { Cookie: fixture.cookie() } })).status).toBe(502);
        expect(seen).toHaveLength(0);
    });

    it('say what is open when nothing listens, and continue by themselves', async () => {
        const silent = fixture.host(`1--${WORKSPACE}`);
        const Cookie = fixture.cookie();
        const page = await fixture.fetch('/', { host: silent, headers: { Cookie, ...NAVIGATION } });
        expect(page.status).toBe(502);
        expect(page.body).toContain('Nothing listens on port 1');
        expect(page.body).toContain(`${fixture.origin(label)}`.replaceAll('&', '&#38;'));
        const session = JSON.parse((await fixture.fetch('/.tandem/session?probe=1', { host: silent, headers: { Cookie } })).body) as object;
        expect(session).toMatchObject({ state: 'starting', reason: 'Nothing listens on port 1 yet.' });
        expect(JSON.parse((await fixture.fetch('/.tandem/session?probe=1', { host, headers: { Cookie } })).body).state).toBe('active');
    });

    it('are reached on IPv6 as well', async () => {
        const program = await fixture.program((_, response) => response.end('six'), { host: '::1' });
        const six = fixture.host(`${program.port}--${WORKSPACE}`);
        // The listeners are asked at most once a second.
        await new Promise((resolve) => setTimeout(resolve, 1_050));
        expect((await fixture.fetch('/', { host: six, headers: { Cookie: fixture.cookie() } })).body).toBe('six');
    });

    it('carry WebSockets, with the same rules', async () => {
        const client = fixture.webSocket('/hmr', { host, cookie: fixture.cookie() });
        await opened(client);
        client.send('hot');
        expect(String((await once(client, 'message'))[0])).toBe('hot');
        expect(seen[0]?.headers).toMatchObject({ host: `localhost:${port}`, origin: `http://localhost:${port}` });
        expect(seen[0]?.headers['tandem-identity']).toBeUndefined();
        const stranger = fixture.webSocket('/hmr', { host, cookie: fixture.cookie(), origin: fixture.origin() });
        await expect(opened(stranger)).rejects.toThrow(/^403/);
        const closing = closed(client);
        fixture.access.revoke('session', 'session-1');
        expect((await closing).code).toBe(4401);
    });
});
