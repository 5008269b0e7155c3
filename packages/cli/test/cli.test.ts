import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode } from '@tandem/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './test-host.ts';

/* The conversation with the server, byte for byte. Against the real platform the command is tested in tests/e2e. */

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let server: Server;
let origin: string;
let handlers: Map<string, Handler>;
let seen: { call: string; host?: string; headers: IncomingMessage['headers']; body: string }[];
let home: string;
let env: Record<string, string | undefined>;

beforeEach(async () => {
    handlers = new Map();
    seen = [];
    home = mkdtempSync(join(tmpdir(), 'tandem-cli-'));
    server = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) {
            body += String(chunk);
        }
        const call = `${request.method} ${request.url?.split('?')[0]}`;
        seen.push({ call, headers: request.headers, body });
        const handler = handlers.get(call);
        if (handler) {
            handler(request, response, body);
        } else {
            fail(response, 'not-found', `nothing at ${call}`);
        }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://tandem.localhost:${(server.address() as AddressInfo).port}`;
    env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), TANDEM_URL: origin, TANDEM_TOKEN: 'secret' };
});

afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    rmSync(home, { recursive: true });
});

const json = (response: ServerResponse, value: unknown, headers: Record<string, string> = {}) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
const fail = (response: ServerResponse, code: ErrorCode, detail: string) => {
    const { status, title } = ERROR_CODES[code];
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ type: 'x', title, status, code, detail }));
};
const answer = (call: string, value: unknown) => handlers.set(call, (_, response) => json(response, value));
const user = { metadata: { name: 'ada' }, spec: { displayName: 'Ada', email: 'ada@example.com', admin: true } };
const credentialFile = () => join(home, 'config', 'tandem', 'credentials.json');

describe('tandem login', () => {
    const signInHandlers = () => {
        const session = { user: { name: 'ada', admin: true }, teams: [], requestSecret: 'r', hasCredential: false };
        handlers.set('POST /api/v1/session/link', (_, response) =>
            json(response, session, { 'set-cookie': '__Host-tandem-session=c; Path=/; HttpOnly' }),
        );
        answer('POST /api/v1/me/tokens', { id: 't1', token: 'made', expiresAt: '2026-04-01T00:00:00Z' });
        handlers.set('DELETE /api/v1/session', (_, response) => response.writeHead(204).end());
        answer('GET /api/v1/me', user);
    };

    it('makes a token with a sign-in link, ends the link’s session, and keeps the token for its owner only', async () => {
        signInHandlers();
        const result = await run(['login', `${origin}/sign-in#token=abc`], { ...env, TANDEM_TOKEN: undefined, TANDEM_URL: undefined });
        expect(result).toMatchObject({ code: 0, out: `Signed in to ${origin} as Ada (ada).\n` });
        expect(result.err).toContain('no password or passkey');
        expect(seen.map(({ call }) => call)).toEqual([
            'POST /api/v1/session/link',
            'POST /api/v1/me/tokens',
            'DELETE /api/v1/session',
            'GET /api/v1/me',
        ]);
        expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ token: 'abc' });
        expect(seen[1]?.headers).toMatchObject({ origin, cookie: '__Host-tandem-session=c', 'tandem-request-secret': 'r' });
        expect(JSON.parse(seen[1]?.body ?? '')).toEqual({ name: 'tandem on laptop', scope: 'admin', expiresInDays: 90 });
        expect(seen[3]?.headers).toMatchObject({ authorization: 'Bearer made' });
        expect(seen[3]?.headers.cookie).toBeUndefined();
        expect(statSync(credentialFile()).mode & 0o777).toBe(0o600);
        const stored = { ...env, TANDEM_TOKEN: undefined, TANDEM_URL: undefined };
        expect(await run(['whoami'], stored)).toMatchObject({ code: 0, out: `Ada <ada@example.com> (ada, admin) at ${origin}\n` });
    });

    it('takes a token from standard input, and forgets and revokes its own on logout', async () => {
        signInHandlers();
        const fresh = { ...env, TANDEM_TOKEN: undefined };
        expect((await run(['login', '--token'], fresh, 'given\n')).code).toBe(0);
        expect(seen[0]?.headers.authorization).toBe('Bearer given');
        await run(['login', `${origin}/sign-in#token=abc`], fresh);
        handlers.set('DELETE /api/v1/me/tokens/t1', (_, response) => response.writeHead(204).end());
        expect((await run(['logout'], fresh)).out).toBe(`Signed out of ${origin}.\n`);
        expect(JSON.parse(readFileSync(credentialFile(), 'utf8'))).toEqual({ tokens: {} });
        expect((await run(['whoami'], fresh)).code).toBe(3);
    });

    it('keeps nothing when the token does not work', async () => {
        handlers.set('GET /api/v1/me', (_, response) => fail(response, 'not-signed-in', 'revoked'));
        expect((await run(['login', '--token', 'bad'], { ...env, TANDEM_TOKEN: undefined })).code).toBe(3);
        expect(existsSync(credentialFile())).toBe(false);
    });

    it.each(['https://example.com/', 'nonsense', 'ftp://a/sign-in#token=x', 'http://a/invitation#token=x', 'http://a/sign-in'])(
        'says what a sign-in link is when given %s',
        async (link) => expect((await run(['login', link], env)).code).toBe(2),
    );

    it('names a credential file that is broken instead of writing over it', async () => {
        signInHandlers();
        await run(['login', '--token', 'x'], { ...env, TANDEM_TOKEN: undefined });
        writeFileSync(credentialFile(), '{');
        chmodSync(credentialFile(), 0o600);
        const result = await run(['whoami'], { ...env, TANDEM_TOKEN: undefined });
        expect([result.code, result.err]).toEqual([1, expect.stringContaining('credentials.json is not a credential file')]);
    });
});

describe('exit codes', () => {
    it.each([
        ['not-signed-in', 3],
        ['link-expired', 3],
        ['forbidden', 4],
        ['user-disabled', 4],
        ['not-found', 5],
        ['conflict', 6],
        ['already-exists', 6],
        ['invalid-request', 2],
        ['internal', 1],
        ['unavailable', 7],
    ] as const)('a problem of code %s ends with %i', async (code, exitCode) => {
        handlers.set('GET /api/v1/me', (_, response) => fail(response, code, 'why it is so'));
        const result = await run(['whoami'], env);
        expect([result.code, result.out]).toEqual([exitCode, '']);
        expect(result.err).toContain(`why it is so (${code})`);
        const asJson = await run(['whoami', '--json'], env);
        expect(JSON.parse(asJson.err)).toMatchObject({ code, detail: 'why it is so' });
    });

    it('no server is 7, a wrong option 2, help 0', async () => {
        expect((await run(['whoami', '--url', 'http://127.0.0.1:9'], env)).code).toBe(7);
        expect((await run(['whoami', '--nope'], env)).code).toBe(2);
        expect((await run(['tokens', 'create', 'x', '--days', '400'], env)).code).toBe(2);
        expect((await run(['--help'], env)).code).toBe(0);
        expect((await run(['workspaces', 'create', '--ref', 'main'], env)).code).toBe(2);
    });
});

describe('workspaces', () => {
    const workspace = (name: string, state: string, more: object = {}) => ({
        metadata: { name, uid: name, namespace: 'team-web', createdAt: '2026-01-01T00:00:00Z', generation: 1 },
        spec: { displayName: `My ${name}`, owner: 'ada' },
        status: { state, stages: [], observedGeneration: 1, ...more },
    });

    it('are listed over all pages, and as JSON', async () => {
        handlers.set('GET /api/v1/workspaces', (request, response) =>
            json(
                response,
                request.url?.includes('cursor=2')
                    ? { items: [workspace('b', 'hibernated')] }
                    : { items: [workspace('a', 'running', { branch: 'main\u001b[31m' })], nextCursor: '2' },
            ),
        );
        const { out } = await run(['workspaces', 'list'], env);
        expect(out.split('\n')).toEqual([
            'NAME  TITLE  STATE       BRANCH     OWNER  ACTIVE',
            'a     My a   running     main [31m  ada    yesterday',
            'b     My b   hibernated  –          ada    yesterday',
            '',
        ]);
        expect(JSON.parse((await run(['workspaces', 'list', '--json'], env)).out).items).toHaveLength(2);
    });

    it('are created in the first team, and waited for by events', async () => {
        answer('GET /api/v1/session', { teams: [{ name: 'web' }] });
        answer('GET /api/v1/workspaces', { items: [], version: '5' });
        answer('POST /api/v1/teams/web/workspaces', workspace('a', 'queued'));
        answer('GET /api/v1/teams/web/workspaces/a', workspace('a', 'queued', { queuePosition: 2 }));
        handlers.set('GET /api/v1/events', (request, response) => {
            expect(request.url).toBe('/api/v1/events?since=5');
            const stages = [{ stage: 'cloning', startedAt: 'x', detail: '41 MB' }];
            for (const object of [workspace('b', 'failed'), workspace('a', 'preparing', { stages }), workspace('a', 'running')]) {
                response.write(`id: 6\ndata: ${JSON.stringify({ kind: 'Workspace', type: 'modified', object })}\n\n`);
            }
        });
        const result = await run(['workspaces', 'create', '--repo', 'https://git.example.com/a.git', '--wait'], env);
        expect(result).toEqual({ code: 0, out: 'a\n', err: 'queued, place 2\npreparing · cloning: 41 MB\nrunning\n' });
        const create = seen.find(({ call }) => call.startsWith('POST'));
        expect(create?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
        expect(JSON.parse(create?.body ?? '')).toEqual({ source: { url: 'https://git.example.com/a.git' } });
    });

    it('that fail while waited for end with the reason, and a wait that takes too long with 6', async () => {
        answer('GET /api/v1/workspaces', { items: [workspace('a', 'hibernated')], version: '5' });
        answer('POST /api/v1/teams/web/workspaces/a/resume', workspace('a', 'queued'));
        answer('GET /api/v1/teams/web/workspaces/a', workspace('a', 'failed', { reason: 'ref "x" not found' }));
        const failed = await run(['workspaces', 'resume', 'a', '--wait'], env);
        expect([failed.code, failed.err]).toEqual([1, 'failed\na failed: ref "x" not found\n']);
        answer('GET /api/v1/teams/web/workspaces/a', workspace('a', 'preparing'));
        handlers.set('GET /api/v1/events', (_, response) => void response.write('retry: 1\n\n'));
        const late = await run(['workspaces', 'resume', 'a', '--wait', '--timeout', '1'], env);
        expect([late.code, late.err]).toEqual([6, expect.stringContaining('a was not running within 1 s')]);
    });

    it('are found by their title, unless two have it', async () => {
        const twin = { ...workspace('b', 'running'), spec: { displayName: 'My a', owner: 'ada' } };
        answer('GET /api/v1/workspaces', { items: [workspace('a', 'running')] });
        answer('POST /api/v1/teams/web/workspaces/a/open', { url: 'http://a/enter', expiresAt: 'x' });
        expect(await run(['open', 'My a', '--print-url'], env)).toEqual({ code: 0, out: 'http://a/enter\n', err: '' });
        answer('GET /api/v1/workspaces', { items: [workspace('a', 'running'), twin] });
        expect((await run(['open', 'My a', '--print-url'], env)).code).toBe(6);
        expect((await run(['open', 'nothing', '--print-url'], env)).code).toBe(5);
    });

    it('are not deleted without a yes where nobody can be asked', async () => {
        answer('GET /api/v1/workspaces', { items: [workspace('a', 'running')] });
        handlers.set('DELETE /api/v1/teams/web/workspaces/a', (_, response) => response.writeHead(202).end());
        expect((await run(['workspaces', 'delete', 'a'], env)).code).toBe(2);
        expect(seen.some(({ call }) => call.startsWith('DELETE'))).toBe(false);
        expect((await run(['workspaces', 'delete', 'a', '--yes'], env)).code).toBe(0);
        expect(JSON.parse(seen.at(-1)?.body ?? '')).toEqual({ confirmName: 'a' });
    });
});

describe('backup and audit', () => {
    it('leave no half file under the name when the line is cut', async () => {
        const file = join(home, 'b.tgz');
        handlers.set('POST /api/v1/backup', (_, response) => {
            response.write('half');
            setImmediate(() => response.destroy());
        });
        expect((await run(['backup', file], env)).code).toBe(7);
        expect([existsSync(file), existsSync(`${file}.partial`)]).toEqual([false, false]);
        handlers.set('POST /api/v1/backup', (_, response) => response.end('whole'));
        expect((await run(['backup', file, '--no-homes'], env)).code).toBe(0);
        expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['whole', 0o600]);
        expect((await run(['backup', '-'], env)).out).toBe('whole');
    });

    it('end with 1 when the chain is broken, naming the entry', async () => {
        answer('POST /api/v1/audit/verify', { ok: false, entries: 9, brokenAt: 4, reason: 'entry 3 is missing' });
        expect(await run(['audit', 'verify'], env)).toMatchObject({
            code: 1,
            err: 'The audit log was tampered with at entry 4: entry 3 is missing\n',
        });
    });
});

describe('completion', () => {
    const complete = async (...words: string[]) => (await run(['__complete', '--', ...words], env)).out.split('\n').filter(Boolean);

    it('knows commands, options, their words, and asks for names', async () => {
        answer('GET /api/v1/workspaces', { items: [{ metadata: { name: 'api-x7k2' } }, { metadata: { name: 'web-1a2b' } }] });
        expect(await complete('work')).toEqual(['workspaces']);
        expect(await complete('ws', 're')).toEqual(['resume']);
        expect(await complete('workspaces', 'create', '--re')).toEqual(['--repo', '--ref']);
        expect(await complete('tokens', 'create', 'ci', '--scope', 'a')).toEqual(['admin']);
        expect(await complete('open', '--print-url', 'ap')).toEqual(['api-x7k2']);
        expect(await complete('open', 'api-x7k2', '')).toEqual([]);
        expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
        expect(await complete('')).not.toContain('__complete');
    });

    it('says nothing rather than failing without a server', async () => {
        env.TANDEM_URL = 'http://127.0.0.1:9';
        expect(await run(['__complete', '--', 'open', ''], env)).toEqual({ code: 0, out: '', err: '' });
    });
});

describe('tandem hosts', () => {
    it('writes and removes its own block and nothing else', async () => {
        const file = join(home, 'hosts');
        writeFileSync(file, '127.0.0.1 localhost\n');
        answer('GET /api/v1/workspaces', {
            items: [{ metadata: { name: 'api-x7k2', namespace: 'team-home' }, status: { state: 'running' } }],
        });
        answer('GET /api/v1/teams/home/workspaces/api-x7k2/ports', { items: [{ port: 8080 }] });
        const names = 'tandem.localhost static.ws.tandem.localhost api-x7k2.ws.tandem.localhost 8080--api-x7k2.ws.tandem.localhost';
        expect((await run(['hosts'], env)).out).toBe(`127.0.0.1 ${names}\n::1 ${names}\n`);
        await run(['hosts', '--write', '--file', file], env);
        await run(['hosts', '--write', '--file', file], env);
        expect(readFileSync(file, 'utf8')).toBe(`127.0.0.1 localhost\n# BEGIN tandem\n127.0.0.1 ${names}\n::1 ${names}\n# END tandem\n`);
        await run(['hosts', '--remove', '--file', file], env);
        expect(readFileSync(file, 'utf8')).toBe('127.0.0.1 localhost\n');
    });
});
