import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiFixture, type Client } from './testing/api-fixture.ts';

describe('requests that are not right', () => {
    let fixture: ApiFixture;
    let admin: Client;
    let script: Client;

    beforeAll(async () => {
        fixture = await ApiFixture.start();
        await fixture.addUser('root', { admin: true, team: 'home', role: 'lead' });
        admin = await fixture.browser('root');
        script = await fixture.script('root', 'admin');
        await fixture.addWorkspace('root', { name: 'space' });
    });
    afterAll(() => fixture.close());

    const send = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: string, contentType = 'application/json') =>
        fixture.app.inject({
            method,
            url,
            headers: { ...script.headers, ...(payload === undefined ? {} : { 'content-type': contentType }) },
            payload,
        });

    it.each([
        ['a body that is no JSON', 'PATCH', '/api/v1/me', '{"displayName": ', 400, 'invalid-json', undefined, /not JSON/],
        ['no body', 'PATCH', '/api/v1/me', undefined, 400, 'invalid-request', '', /body must be an object, not empty/],
        ['an empty body', 'PATCH', '/api/v1/me', '', 400, 'invalid-request', '', /body must be an object, not empty/],
        ['a list for a body', 'PATCH', '/api/v1/me', '[]', 400, 'invalid-request', '', /must be an object, not a list/],
        ['null for a body', 'PATCH', '/api/v1/me', 'null', 400, 'invalid-request', '', /must be an object/],
        [
            'a wrong type',
            'PATCH',
            '/api/v1/me',
            '{"displayName": 7}',
            400,
            'invalid-request',
            '/displayName',
            /"displayName" must be a text, not a number/,
        ],
        [
            'a wrong type inside',
            'PATCH',
            '/api/v1/me',
            '{"git":{"name":"a","email":null}}',
            400,
            'invalid-request',
            '/git/email',
            /"git.email" must be a text, not empty/,
        ],
        [
            'a missing field',
            'POST',
            '/api/v1/me/tokens',
            '{"name":"a","scope":"read"}',
            400,
            'invalid-request',
            '/expiresInDays',
            /"expiresInDays" is missing/,
        ],
        [
            'a misspelt field',
            'PATCH',
            '/api/v1/me',
            '{"displayname":"a"}',
            400,
            'invalid-request',
            '/displayname',
            /"displayname" is not a field/,
        ],
        [
            'a value not in the list',
            'POST',
            '/api/v1/me/tokens',
            '{"name":"a","scope":"root","expiresInDays":1}',
            400,
            'invalid-request',
            '/scope',
            /one of read, write, admin/,
        ],
        [
            'a number that is too large',
            'POST',
            '/api/v1/me/tokens',
            '{"name":"a","scope":"read","expiresInDays":9999}',
            400,
            'invalid-request',
            '/expiresInDays',
            /at most 365/,
        ],
        [
            'a text that is too long',
            'PATCH',
            '/api/v1/me',
            JSON.stringify({ displayName: 'x'.repeat(81) }),
            400,
            'invalid-request',
            '/displayName',
            /at most 80 characters/,
        ],
        [
            'a text that is too short',
            'PUT',
            '/api/v1/me/password',
            '{"password":"short"}',
            400,
            'invalid-request',
            '/password',
            /at least 10 characters/,
        ],
        [
            'what is no e-mail address',
            'POST',
            '/api/v1/invitations',
            '{"email":"nobody"}',
            400,
            'invalid-request',
            '/email',
            /an e-mail address/,
        ],
        ['a bad name in the address', 'GET', '/api/v1/teams/UPPER', undefined, 400, 'invalid-request', '/team', /lower-case/],
        ['a path for a name', 'GET', '/api/v1/teams/..%2f..%2fetc', undefined, 400, 'invalid-request', '/team', /lower-case/],
        ['a name with a zero byte', 'GET', '/api/v1/teams/a%00b', undefined, 400, 'invalid-request', '/team', /lower-case/],
        ['a broken escape in the address', 'GET', '/api/v1/teams/%zz', undefined, 400, 'invalid-request', undefined, /address/],
        ['a limit that is no number', 'GET', '/api/v1/workspaces?limit=many', undefined, 400, 'invalid-request', '/limit', /whole number/],
        ['a limit of zero', 'GET', '/api/v1/workspaces?limit=0', undefined, 400, 'invalid-request', '/limit', /at least 1/],
        ['a made-up cursor', 'GET', '/api/v1/workspaces?cursor=abc', undefined, 400, 'invalid-request', '/cursor', /cursor/],
        ['a made-up audit cursor', 'GET', '/api/v1/audit?cursor=abc', undefined, 400, 'invalid-request', '/cursor', /cursor/],
        ['a moment that is none', 'GET', '/api/v1/audit?from=yesterday', undefined, 400, 'invalid-request', '/from', /2026-01-31T/],
        ['a made-up event cursor', 'GET', '/api/v1/revocations?since=abc', undefined, 400, 'invalid-request', '/since', /last event/],
        [
            'a local path as repository',
            'PATCH',
            '/api/v1/me',
            '{"dotfiles":{"url":"/etc"}}',
            400,
            'invalid-git-url',
            '/dotfiles/url',
            /not a git address/,
        ],
        [
            'an option as repository',
            'PATCH',
            '/api/v1/me',
            '{"dotfiles":{"url":"--upload-pack=x"}}',
            400,
            'invalid-git-url',
            '/dotfiles/url',
            /not a git address/,
        ],
        [
            'a command as repository',
            'PATCH',
            '/api/v1/me',
            '{"dotfiles":{"url":"ext::sh -c x"}}',
            400,
            'invalid-git-url',
            '/dotfiles/url',
            /not a git address/,
        ],
        [
            'a path for a git host',
            'PUT',
            '/api/v1/me/git-credentials/..%2f..',
            '{"username":"a","password":"b"}',
            400,
            'invalid-request',
            '/host',
            /not a host/,
        ],
        [
            'the wrong confirmation',
            'DELETE',
            '/api/v1/teams/home/workspaces/space',
            '{"confirmName":"other"}',
            400,
            'invalid-request',
            '/confirmName',
            /"space"/,
        ],
        [
            'a key that reaches the prototype',
            'PATCH',
            '/api/v1/me',
            '{"__proto__":{"admin":true}}',
            400,
            'invalid-json',
            undefined,
            /__proto__/,
        ],
        ['nothing at this address', 'GET', '/api/v1/nothing', undefined, 404, 'not-found', undefined, /nothing at GET/],
        ['another method', 'DELETE', '/api/v1/me', undefined, 405, 'method-not-allowed', undefined, /DELETE/],
        [
            'a template that is not there',
            'GET',
            '/api/v1/templates/nothing',
            undefined,
            404,
            'not-found',
            undefined,
            /no template "nothing"/,
        ],
        [
            'a name that is taken',
            'POST',
            '/api/v1/teams',
            '{"name":"home","displayName":"Home"}',
            409,
            'already-exists',
            '/metadata/name',
            /taken|exists/,
        ],
        ['a template in use', 'DELETE', '/api/v1/templates/default', undefined, 409, 'wrong-state', undefined, /1 workspace uses/],
        [
            'a body that is too large',
            'PATCH',
            '/api/v1/me',
            JSON.stringify({ displayName: 'x'.repeat(70_000) }),
            413,
            'payload-too-large',
            undefined,
            /64 KiB/,
        ],
    ] as const)('%s', async (_, method, url, payload, status, code, pointer, message) => {
        const answer = await send(method, url, payload);
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect(answer.json()).toMatchObject({ status, code, detail: expect.stringMatching(message) as string });
        expect(answer.json<{ pointer?: string }>().pointer).toBe(pointer);
        expect(answer.json()).toHaveProperty('requestId');
    });

    it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])('a body of type %s', async (type) => {
        const answer = await send('PATCH', '/api/v1/me', '{"displayName":"a"}', type);
        expect(answer.json()).toMatchObject({
            status: 415,
            code: 'unsupported-media-type',
            detail: expect.stringContaining('application/json') as string,
        });
    });

    it('say nothing of the inside when the fault is ours', async () => {
        const broken = await ApiFixture.start({ deps: { backup: () => Promise.reject(new Error('secret path')) } });
        await broken.addUser('root', { admin: true });
        const answer = await broken.call(await broken.browser('root'), 'createBackup');
        expect(answer.json()).toMatchObject({ status: 500, code: 'internal' });
        expect(answer.body).not.toContain('secret path');
        await broken.close();
    });

    it('are limited by the minute', async () => {
        const limited = await ApiFixture.start({ deps: { limits: { callsPerMinute: 3, signInsPerMinute: 2 } } });
        const [get, attempt] = [
            () => limited.call(limited.anonymous, 'getVersion'),
            () => limited.call(limited.anonymous, 'signInWithLink', { body: { token: 'x' } }),
        ];
        const statuses = [];
        for (const call of [get, get, get, get, attempt, attempt, attempt]) {
            statuses.push((await call()).statusCode);
        }
        expect(statuses).toEqual([200, 200, 200, 429, 401, 401, 429]);
        const answer = await attempt();
        expect(answer.json()).toMatchObject({ code: 'too-many-requests' });
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        await limited.close();
    });

    describe('repeated with an idempotency key', () => {
        const create = (key: string, body: object, who: Client = admin) =>
            fixture.call(who, 'createToken', { body, headers: { 'idempotency-key': key } });
        const body = { name: 'ci', scope: 'read', expiresInDays: 1 };

        it('get the first answer, secret and all, and do nothing again', async () => {
            const first = await create('key-1', body);
            const count = fixture.auth.tokens.ofUser('root').length;
            const again = await create('key-1', body);
            expect(again.json()).toEqual(first.json());
            expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([201, 'true']);
            expect(fixture.auth.tokens.ofUser('root')).toHaveLength(count);
        });

        it('are one when they come at the same moment', async () => {
            const answers = await Promise.all(Array.from({ length: 8 }, () => create('key-2', body)));
            expect(new Set(answers.map((answer) => answer.json<{ id: string }>().id)).size).toBe(1);
        });

        it('are refused when they are not the same, and are each person’s own', async () => {
            await create('key-3', body);
            expect((await create('key-3', { ...body, name: 'other' })).json()).toMatchObject({ code: 'idempotency-mismatch' });
            await fixture.addUser('bob');
            const other = await create('key-3', { ...body, name: 'other' }, await fixture.browser('bob'));
            expect(other.statusCode).toBe(201);
        });

        it('may be tried again after a failure', async () => {
            const wrong = await create('key-4', { ...body, scope: 'root' });
            expect(wrong.statusCode).toBe(400);
            expect((await create('key-4', body)).statusCode).toBe(201);
            expect((await create('', body)).statusCode).toBe(400);
        });

        it('keep secrets sealed on disk', async () => {
            const { token } = (await create('key-5', body)).json<{ token: string }>();
            const rows = await fixture.database.query('SELECT * FROM idempotency');
            expect(rows.length).toBeGreaterThan(0);
            for (const row of rows) {
                expect(Buffer.from(row['sealed'] as Uint8Array).includes(token)).toBe(false);
            }
        });
    });

    it('a thousand workspaces come page by page, each once, in less time than a person notices', async () => {
        await fixture.addUser('many');
        const many = await fixture.browser('many');
        await Promise.all(
            Array.from({ length: 1000 }, (_, index) => fixture.addWorkspace('many', { name: `many-${String(index).padStart(4, '0')}` })),
        );
        const names: string[] = [];
        let cursor: string | undefined;
        do {
            const query = { limit: '300', ...(cursor === undefined ? {} : { cursor }) };
            const page: { items: { metadata: { name: string } }[]; nextCursor?: string } = (
                await fixture.call(many, 'listWorkspaces', { query })
            ).json();
            names.push(...page.items.map(({ metadata }) => metadata.name));
            cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(names).toHaveLength(1000);
        expect(new Set(names).size).toBe(1000);
    });
});
