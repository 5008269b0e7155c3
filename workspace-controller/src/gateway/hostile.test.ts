import { REQUEST_SECRET_HEADER } from '@tandem/protocol';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { FakeClock } from '@tandem/server-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayFixture, until, WORKSPACE } from './test-support/gateway-fixture.ts';

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };

/** What somebody who means harm sends; nothing of it may reach a workspace. */
describe('a hostile client', () => {
    let fixture: GatewayFixture;
    let clock: FakeClock;
    let reached: string[];

    beforeAll(async () => {
        clock = new FakeClock(Date.now());
        fixture = await GatewayFixture.start({ clock });
        reached = [];
        for (const name of [WORKSPACE, 'other']) {
            await fixture.workspace((request, response) => {
                reached.push(`${name} ${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
                response.end('secret');
            }, name);
        }
    });
    afterAll(() => fixture.close());

    const lines = (...parts: string[]): string => `${parts.join('\r\n')}\r\n\r\n`;
    const own = (): string[] => [`Host: ${fixture.host()}`, `Cookie: ${fixture.cookie()}`, 'Connection: close'];

    it.each<[string, () => string, number]>([
        ['two Hosts', () => lines('GET / HTTP/1.1', ...own(), `Host: ${fixture.host('other')}`), 400],
        ['no Host', () => lines('GET / HTTP/1.1', 'Connection: close'), 400],
        ['an empty Host', () => lines('GET / HTTP/1.1', 'Host:', 'Connection: close'), 404],
        ['an unknown Host', () => lines('GET / HTTP/1.1', 'Host: evil.example', 'Connection: close'), 404],
        ['a Host with a user', () => lines('GET / HTTP/1.1', `Host: a@${fixture.host()}`, 'Connection: close'), 404],
        ['a Host with a path', () => lines('GET / HTTP/1.1', `Host: ${fixture.host()}/x`, 'Connection: close'), 404],
        ['a Host with a final dot', () => lines('GET / HTTP/1.1', `Host: ${WORKSPACE}.ws.tandem.localhost.`, 'Connection: close'), 404],
        [
            'X-Forwarded-Host',
            () => lines('GET / HTTP/1.1', 'Host: evil.example', `X-Forwarded-Host: ${fixture.host()}`, 'Connection: close'),
            404,
        ],
        ['an absolute target', () => lines(`GET http://${fixture.host('other')}/ HTTP/1.1`, ...own()), 400],
        ['an asterisk', () => lines('OPTIONS * HTTP/1.1', ...own()), 400],
        ['TRACE', () => lines('TRACE / HTTP/1.1', ...own()), 405],
        ['two lengths', () => lines('POST / HTTP/1.1', ...own(), 'Content-Length: 1', 'Content-Length: 2') + 'x', 400],
        [
            'a length and chunks',
            () => lines('POST / HTTP/1.1', ...own(), 'Content-Length: 4', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
            400,
        ],
        [
            'chunks and a length',
            () => lines('POST / HTTP/1.1', ...own(), 'Transfer-Encoding: chunked', 'Content-Length: 4') + '0\r\n\r\n',
            400,
        ],
        ['an odd transfer coding', () => lines('POST / HTTP/1.1', ...own(), 'Transfer-Encoding: xchunked') + '0\r\n\r\n', 400],
        ['chunked twice removed', () => lines('POST / HTTP/1.1', ...own(), 'Transfer-Encoding: chunked, identity') + '0\r\n\r\n', 400],
        ['a space before the colon', () => lines('GET / HTTP/1.1', ...own(), 'Transfer-Encoding : chunked'), 400],
        ['a folded header', () => lines('GET / HTTP/1.1', ...own(), 'X-A: b', ' c: d'), 400],
        ['a bare line feed', () => `GET / HTTP/1.1\nHost: ${fixture.host()}\nX: y\n\n`, 400],
        ['a bare carriage return in a value', () => lines('GET / HTTP/1.1', ...own(), 'X-A: b\rTandem-Identity: forged'), 400],
        ['a zero byte', () => lines('GET / HTTP/1.1', ...own(), 'X-A: b\0c'), 400],
        ['a negative length', () => lines('POST / HTTP/1.1', ...own(), 'Content-Length: -1'), 400],
        ['a hexadecimal length', () => lines('POST / HTTP/1.1', ...own(), 'Content-Length: 0x10'), 400],
        ['giant headers', () => lines('GET / HTTP/1.1', ...own(), `X-A: ${'a'.repeat(64 * 1024)}`), 431],
        ['a giant path', () => lines(`GET /${'a'.repeat(64 * 1024)} HTTP/1.1`, ...own()), 431],
        ['no HTTP at all', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
        ['a reserved path in disguise', () => lines('GET /%2etandem/control HTTP/1.1', ...own()), 400],
        ['a reserved path behind dots', () => lines('GET /x/../.tandem/control HTTP/1.1', ...own()), 400],
        ['a reserved path behind encoded dots', () => lines('GET /x/..%2f.tandem/control HTTP/1.1', ...own()), 400],
        ['the control path', () => lines('GET /.tandem/control HTTP/1.1', ...own()), 404],
    ])('gets nowhere with %s', async (_, bytes, status) => {
        reached.length = 0;
        const answer = await fixture.raw(bytes());
        expect(answer.slice(0, 40)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
        expect(answer).not.toContain('secret');
        expect(reached).toEqual([]);
    });

    it('smuggles no second request behind a body', async () => {
        reached.length = 0;
        const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${fixture.host('other')}\r\n\r\n`;
        const answer = await fixture.raw(
            lines('POST /first HTTP/1.1', ...own(), `Origin: ${fixture.origin()}`, `Content-Length: ${smuggled.length}`) + smuggled,
        );
        expect(answer).toMatch(/^HTTP\/1.1 200/);
        expect(reached).toHaveLength(1);
        expect(reached[0]).toContain('POST /first');
    });

    it('does not get in with a cookie of another workspace, of the portal, twice, made up or empty', async () => {
        reached.length = 0;
        const foreign = fixture.cookie({}, 'other');
        const valid = fixture.cookie();
        const value = valid.split('=')[1] ?? '';
        for (const Cookie of [
            foreign,
            `tandem-session=${value}`,
            `__Host-tandem-session=${value}`,
            `tandem-workspace=${value}`,
            `${valid}; __Host-tandem-workspace=x`,
            '__Host-tandem-workspace=made-up',
            '__Host-tandem-workspace=',
            `__host-tandem-workspace=${value}`,
        ]) {
            expect((await fixture.fetch('/', { headers: { Cookie } })).status, Cookie).toBe(401);
        }
        expect((await fixture.fetch('/', { headers: { Authorization: `Bearer ${value}` } })).status).toBe(401);
        expect((await fixture.fetch('/', { headers: { 'Tandem-Identity': value } })).status).toBe(401);
        expect(reached).toEqual([]);
    });

    it('cannot use a code twice, late, on another host, or by asking only for its headers', async () => {
        const enter = (code: string, host = fixture.host(), method = 'GET') =>
            fixture.fetch(`/.tandem/enter?code=${code}&to=/`, { host, method, headers: NAVIGATION });
        const used = await fixture.access.mintCode(fixture.person());
        expect((await enter(used, fixture.host(), 'HEAD')).status).toBe(405);
        expect((await enter(used)).status).toBe(302);
        const replay = await enter(used);
        expect(replay.status).toBe(401);
        expect(replay.headers['set-cookie']).toBeUndefined();
        const late = await fixture.access.mintCode(fixture.person());
        clock.advance(30_000);
        expect((await enter(late)).status).toBe(401);
        const elsewhere = await enter(await fixture.access.mintCode(fixture.person()), fixture.host('other'));
        expect(elsewhere.status).toBe(401);
        expect(elsewhere.headers['set-cookie']).toBeUndefined();
        expect((await enter('')).status).toBe(401);
        expect((await enter('x'.repeat(2_000))).status).toBe(401);
    });

    it('is never led away from the workspace by an entrance', async () => {
        for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/%0d%0aSet-Cookie:x=y', 'javascript:alert(1)']) {
            const code = await fixture.access.mintCode(fixture.person());
            const answer = await fixture.fetch(`/.tandem/enter?code=${code}&to=${to}`, { headers: NAVIGATION });
            expect(answer.headers.location, to).toBe('/');
        }
    });

    it('cannot make a neighbour’s page act or read with the cookie of this one', async () => {
        reached.length = 0;
        const Cookie = fixture.cookie();
        const call = async (method: string, headers: Record<string, string>): Promise<number> =>
            (await fixture.fetch('/files', { method, headers: { Cookie, ...headers } })).status;
        expect(await call('POST', { Origin: fixture.origin('other') })).toBe(403);
        expect(await call('POST', { Origin: fixture.origin(`3000--${WORKSPACE}`) })).toBe(403);
        expect(await call('POST', { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
        expect(await call('DELETE', {})).toBe(403);
        expect(await call('GET', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' })).toBe(403);
        expect(await call('GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', Origin: 'https://evil.example' })).toBe(403);
        expect(await call('GET', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' })).toBe(403);
        expect(reached).toEqual([]);
        expect(await call('GET', { 'Sec-Fetch-Site': 'cross-site', ...NAVIGATION })).toBe(200);
    });

    it('finds no API but what is marked for workspaces, and of this workspace only', async () => {
        const calls: string[] = [];
        const withApi = await GatewayFixture.start({
            gateway: {
                api: (request, response, { url, access }) => {
                    calls.push(`${request.method} ${url} as ${access.user.name}`);
                    response.end('{}');
                },
            },
        });
        await withApi.workspace((_, response) => response.end());
        const Cookie = withApi.cookie();
        const call = async (method: string, path: string, headers: Record<string, string> = {}): Promise<number> =>
            (
                await withApi.fetch(`/.tandem/api/v1${path}`, {
                    method,
                    headers: { Cookie, Origin: withApi.origin(), [REQUEST_SECRET_HEADER]: secret, ...headers },
                })
            ).status;
        const session = await withApi.fetch('/.tandem/session', { headers: { Cookie } });
        const secret = (JSON.parse(session.body) as { requestSecret: string }).requestSecret;
        expect(Cookie).not.toContain(secret);
        expect(JSON.parse((await withApi.fetch('/.tandem/session')).body)).not.toHaveProperty('requestSecret');
        for (const wrong of ['', 'x', `${secret}x`]) {
            expect(await call('POST', `/teams/home/workspaces/${WORKSPACE}/hibernate`, { [REQUEST_SECRET_HEADER]: wrong })).toBe(403);
        }
        expect(await call('GET', `/teams/home/workspaces/${WORKSPACE}?x=1`)).toBe(200);
        expect(await call('POST', `/teams/home/workspaces/${WORKSPACE}/hibernate`)).toBe(200);
        expect(calls).toEqual([
            `GET /api/v1/teams/home/workspaces/${WORKSPACE}?x=1 as ada`,
            `POST /api/v1/teams/home/workspaces/${WORKSPACE}/hibernate as ada`,
        ]);
        for (const [method, path, status] of [
            ['DELETE', `/teams/home/workspaces/${WORKSPACE}`, 404],
            ['GET', '/me', 404],
            ['POST', '/tokens', 404],
            ['GET', '/teams/home/workspaces/other', 403],
            ['GET', `/teams/away/workspaces/${WORKSPACE}`, 403],
            ['GET', `/teams/home/workspaces/${WORKSPACE}/../../../me`, 400],
            ['GET', `/teams/home/workspaces/${WORKSPACE}%2f..%2fother`, 400],
            ['GET', `/teams/home/workspaces/${WORKSPACE}/`, 404],
        ] as const) {
            expect(await call(method, path), `${method} ${path}`).toBe(status);
        }
        expect(await call('POST', `/teams/home/workspaces/${WORKSPACE}/hibernate`, { Origin: withApi.portalOrigin })).toBe(403);
        expect(await call('GET', `/teams/home/workspaces/${WORKSPACE}`, { Cookie: '' })).toBe(401);
        expect((await withApi.fetch(`/.tandem/api/teams/home/workspaces/${WORKSPACE}`, { headers: { Cookie } })).status).toBe(404);
        expect(calls).toHaveLength(2);
        await withApi.close();
    });

    it('does not go round in circles when the browser keeps no cookies', async () => {
        const headers = { ...NAVIGATION, 'User-Agent': `forgetful ${randomUUID()}` };
        for (let round = 0; round < 2; round++) {
            expect((await fixture.fetch('/', { headers })).status).toBe(302);
            const code = await fixture.access.mintCode(fixture.person());
            expect((await fixture.fetch(`/.tandem/enter?code=${code}&to=/`, { headers })).status).toBe(302);
        }
        const page = await fixture.fetch('/', { headers });
        expect(page.status).toBe(403);
        expect(page.body).toContain('keeps no cookie');
    });

    it('does not hold the server by sending slowly', async () => {
        let aborted = false;
        await fixture.workspace((request) => {
            request.resume();
            request.on('close', () => (aborted = true));
        }, 'patient');
        const slow = fixture.connect();
        const head = `POST / HTTP/1.1\r\nHost: ${fixture.host('patient')}\r\nOrigin: ${fixture.origin('patient')}\r\n`;
        slow.write(`${head}Cookie: ${fixture.cookie({}, 'patient')}\r\nContent-Length: 100\r\n\r\nx`);
        slow.resume();
        const gone = once(slow, 'close');
        await until(() => fixture.gateway.connectionsOf('patient') === 1, 'the request');
        for (let waited = 0; waited < 5; waited++) {
            clock.advance(15_000);
        }
        await gone;
        await until(() => aborted, 'the end upstream');
    });
});
