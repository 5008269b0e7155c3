import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { operations } from '@tandem/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiError, createApiClient, isApiError, listAll, paginate, routes } from '../src/index.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
    let text = '';
    for await (const chunk of request) {
        text += String(chunk);
    }
    return text;
}

const failureOf = (promise: Promise<unknown>): Promise<ApiError> =>
    promise.then(
        () => Promise.reject(new Error('it did not fail')),
        (error: unknown) => error as ApiError,
    );

afterEach(async () => {
    for (const server of servers.splice(0)) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
    }
});

describe('the routes', () => {
    it('are those of the table of operations', () => {
        const expected = Object.fromEntries(
            Object.entries(operations).map(([id, operation]) => [
                id,
                {
                    method: operation.method,
                    path: operation.path,
                    ...('stream' in operation ? { stream: operation.stream } : {}),
                },
            ]),
        );
        expect(routes, 'run: npm run generate -w @tandem/api-client').toEqual(expected);
    });
});

describe('a call', () => {
    it('sends parameters, query, body, headers and idempotency key, and returns the answer', async () => {
        const seen: unknown[] = [];
        const baseUrl = await serve(async (request, response) => {
            const { method, url, headers } = request;
            seen.push([method, url, headers.authorization, headers['idempotency-key'], await bodyOf(request)]);
            response.setHeader('content-type', 'application/json').end(JSON.stringify({ metadata: { name: 'api-x7k2' } }));
        });
        const client = createApiClient({ baseUrl: `${baseUrl}/`, headers: async () => ({ authorization: 'Bearer t' }) });
        const workspace = await client.createWorkspace({
            params: { team: 'home' },
            body: { source: { url: 'https://git.example.com/a.git' } },
            idempotencyKey: 'key-1',
        });
        await client.listWorkspaces({ query: { limit: 5, all: true, cursor: undefined } });
        await client.putGitCredential({ params: { host: 'git.example.com:8080/x' }, body: { username: 'u', password: 'p' } });
        expect(workspace.metadata.name).toBe('api-x7k2');
        expect(seen).toEqual([
            ['POST', '/api/v1/teams/home/workspaces', 'Bearer t', 'key-1', '{"source":{"url":"https://git.example.com/a.git"}}'],
            ['GET', '/api/v1/workspaces?limit=5&all=true', 'Bearer t', undefined, ''],
            ['PUT', '/api/v1/me/git-credentials/git.example.com%3A8080%2Fx', 'Bearer t', undefined, '{"username":"u","password":"p"}'],
        ]);
    });

    it('resolves to nothing for an answer without a body', async () => {
        const baseUrl = await serve((_, response) => response.writeHead(204).end());
        await expect(createApiClient({ baseUrl }).signOut()).resolves.toBeUndefined();
    });

    it('throws the server’s problem with its code', async () => {
        const problem = { type: 'x', title: 'The name is taken', status: 409, code: 'already-exists', detail: 'team "a" exists' };
        const baseUrl = await serve((_, response) =>
            response.writeHead(409, { 'content-type': 'application/problem+json', 'retry-after': '2' }).end(JSON.stringify(problem)),
        );
        const error = await failureOf(createApiClient({ baseUrl }).createTeam({ body: { name: 'a', displayName: 'A' } }));
        expect(isApiError(error, 'already-exists')).toBe(true);
        expect(error.problem).toEqual(problem);
        expect(error.message).toBe('team "a" exists');
        expect(error.retryAfterMs).toBe(2000);
    });

    it('says that something else answered when a proxy sends its own page', async () => {
        const baseUrl = await serve((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
        const error = await failureOf(createApiClient({ baseUrl }).getMe());
        expect([error.code, error.status]).toEqual(['unavailable', 502]);
        expect(error.message).toContain(`GET ${baseUrl}/api/v1/me`);
    });

    it('is `unavailable` for a page with status 200 and for a redirect', async () => {
        const baseUrl = await serve((request, response) =>
            request.url === '/api/v1/me' ? response.end('<html>') : response.writeHead(302, { location: '/' }).end(),
        );
        const client = createApiClient({ baseUrl });
        expect((await failureOf(client.getMe())).code).toBe('unavailable');
        expect((await failureOf(client.getVersion())).code).toBe('unavailable');
    });

    it('is `unavailable` and names what was tried when nobody listens', async () => {
        const baseUrl = await serve(() => undefined);
        const [server] = servers.splice(0);
        server?.close();
        const error = await failureOf(createApiClient({ baseUrl }).getMe());
        expect([error.code, error.status]).toEqual(['unavailable', 0]);
        expect(error.message).toContain(`GET ${baseUrl}/api/v1/me got no answer: connect ECONNREFUSED`);
    });

    it('gives up on a server that accepts and says nothing', async () => {
        const baseUrl = await serve(() => undefined);
        const error = await failureOf(createApiClient({ baseUrl, timeoutMs: 50 }).getMe());
        expect(error.message).toContain('nothing came within 50 ms');
    });

    it('throws the abort itself when the caller aborts', async () => {
        const baseUrl = await serve(() => undefined);
        const controller = new AbortController();
        const call = createApiClient({ baseUrl }).getMe({ signal: controller.signal });
        controller.abort();
        await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('refuses a parameter that would change the path', async () => {
        const client = createApiClient({ baseUrl: 'http://127.0.0.1:9' });
        for (const name of ['', '.', '..']) {
            const error = await failureOf(client.getWorkspace({ params: { team: 'home', name } }));
            expect(error.code).toBe('invalid-request');
        }
    });
});

describe('streams', () => {
    it('yield JSON lines across chunk borders', async () => {
        const baseUrl = await serve((_, response) => {
            response.write('{"sequence":1,"a":"ä');
            response.write('b"}\n\n{"sequ');
            response.end('ence":2}');
        });
        const stream = await createApiClient({ baseUrl }).exportAudit();
        const values = [];
        for await (const value of stream.values<{ sequence: number }>()) {
            values.push(value.sequence);
        }
        expect(values).toEqual([1, 2]);
    });

    it('pass gzip bytes through untouched', async () => {
        const archive = gzipSync(Buffer.alloc(300_000, 'tandem'));
        const baseUrl = await serve((_, response) => response.setHeader('content-type', 'application/gzip').end(archive));
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await createApiClient({ baseUrl }).createBackup()).chunks()) {
            chunks.push(chunk);
        }
        expect(Buffer.concat(chunks).equals(archive)).toBe(true);
    });

    it('fail loudly when the line is cut', async () => {
        const baseUrl = await serve((_, response) => {
            response.write('{"sequence":1}\n');
            setImmediate(() => response.destroy());
        });
        const stream = await createApiClient({ baseUrl }).exportAudit();
        const read = async () => {
            for await (const line of stream.lines()) {
                expect(line).toBe('{"sequence":1}');
            }
        };
        expect((await failureOf(read())).code).toBe('unavailable');
    });
});

describe('pages', () => {
    it('are followed to the last, keeping the version of the first', async () => {
        const baseUrl = await serve((request, response) => {
            const cursor = new URL(request.url ?? '', 'http://x').searchParams.get('cursor');
            const page = {
                items: [cursor ?? 'first'],
                version: cursor ? '9' : '7',
                nextCursor: cursor === 'b' ? undefined : cursor ? 'b' : 'a',
            };
            response.end(JSON.stringify(page));
        });
        const client = createApiClient({ baseUrl });
        const fetchPage = (cursor: string | undefined) => client.listTeams({ query: { cursor } });
        const items = [];
        for await (const item of paginate(fetchPage)) {
            items.push(item);
        }
        expect(items).toEqual(['first', 'a', 'b']);
        expect(await listAll(fetchPage)).toEqual({ items: ['first', 'a', 'b'], version: '7' });
    });
});
