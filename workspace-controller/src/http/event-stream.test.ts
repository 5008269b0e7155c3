import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture, type Client } from './testing/api-fixture.ts';

interface Received {
    id: string | undefined;
    name: string | undefined;
    data: { kind: string; type: string; object: { metadata: { name: string } }; sequence?: number; reason?: string };
}

/** Reads server-sent events of one stream. */
class Reader {
    readonly events: Received[] = [];
    ended = false;
    private readonly stream: IncomingMessage;
    private text = '';

    constructor(stream: IncomingMessage) {
        this.stream = stream;
        stream.on('data', (chunk: Buffer) => this.take(chunk.toString()));
        stream.on('close', () => (this.ended = true));
        stream.on('end', () => (this.ended = true));
    }

    get summary(): string[] {
        return this.events.map(({ name, data }) => name ?? `${data.type} ${data.kind}/${data.object.metadata.name}`);
    }

    close(): void {
        this.stream.destroy();
    }

    private take(chunk: string): void {
        this.text += chunk;
        const blocks = this.text.split('\n\n');
        this.text = blocks.pop() ?? '';
        for (const block of blocks) {
            const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
            const data = field('data');
            if (data !== undefined) {
                this.events.push({ id: field('id'), name: field('event'), data: JSON.parse(data) as Received['data'] });
            }
        }
    }
}

describe('events', () => {
    let fixture: ApiFixture;
    const readers: Reader[] = [];

    beforeEach(async () => {
        fixture = await ApiFixture.start();
        await fixture.app.listen({ port: 0, host: '127.0.0.1' });
        await fixture.addTeam('other');
        await fixture.addUser('ada');
        await fixture.addUser('bob', { team: 'other' });
        await fixture.addUser('root', { admin: true, team: 'other' });
    });
    afterEach(async () => {
        readers.splice(0).forEach((reader) => reader.close());
        await fixture.close();
    });

    /** A real connection, so that closing it is what a browser does. */
    const open = (of: ApiFixture, client: Client, path: string): Promise<IncomingMessage> =>
        new Promise((resolve, reject) => {
            const { port } = of.app.server.address() as AddressInfo;
            get({ host: '127.0.0.1', port, path, headers: client.headers, agent: false }, resolve).on('error', reject);
        });

    const listen = async (client: Client, query: Record<string, string> = {}, path = '/api/v1/events'): Promise<Reader> => {
        const response = await open(fixture, client, `${path}?${new URLSearchParams(query)}`);
        expect(response.statusCode).toBe(200);
        expect(response.headers['content-type']).toContain('text/event-stream');
        const reader = new Reader(response);
        readers.push(reader);
        return reader;
    };

    it('tell what is theirs and nothing else', async () => {
        const [ada, bob, root] = [
            await listen(await fixture.browser('ada')),
            await listen(await fixture.browser('bob')),
            await listen(await fixture.browser('root'), { all: 'true' }),
        ];
        await fixture.addWorkspace('ada', { name: 'hers' });
        await fixture.addWorkspace('bob', { name: 'his', team: 'other' });
        await expect.poll(() => root.summary).toEqual(['added Workspace/hers', 'added Workspace/his']);
        await expect.poll(() => ada.summary).toEqual(['added Workspace/hers']);
        await expect.poll(() => bob.summary).toEqual(['added Workspace/his']);
    });

    it('miss nothing after a list or a dropped line', async () => {
        const client = await fixture.browser('ada');
        await fixture.addWorkspace('ada', { name: 'first' });
        const { version } = (await fixture.call(client, 'listWorkspaces')).json<{ version: string }>();
        await fixture.addWorkspace('ada', { name: 'second' });
        const reader = await listen(client, { since: version });
        await expect.poll(() => reader.summary).toContain('added Workspace/second');
        const last = reader.events.at(-1)?.id as string;
        reader.close();
        await fixture.addWorkspace('ada', { name: 'third' });
        const resumed = await listen({ ...client, headers: { ...client.headers, 'last-event-id': last } }, { since: version });
        await expect.poll(() => resumed.summary).toEqual(['added Workspace/third']);
    });

    it('end with cursor-expired when rights change, so that the reader lists again', async () => {
        const workspace = await fixture.addWorkspace('bob', { name: 'his', team: 'other' });
        const client = await fixture.browser('ada');
        const reader = await listen(client);
        await fixture.addGrant(workspace, 'ada');
        await expect.poll(() => reader.ended).toBe(true);
        expect(reader.summary.at(-1)).toBe('cursor-expired');
        const list = (await fixture.call(client, 'listWorkspaces')).json<{ items: { metadata: { name: string } }[] }>();
        expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['his']);
    });

    it('end with the session', async () => {
        const client = await fixture.browser('ada');
        const reader = await listen(client);
        await fixture.call(client, 'signOut');
        await expect.poll(() => reader.ended).toBe(true);
    });

    it('are refused with a cursor that is too old', async () => {
        const answer = await fixture.call(await fixture.browser('ada'), 'streamEvents', { query: { since: '999999999' } });
        expect([400, 410]).toContain(answer.statusCode);
    });

    it('of revocations come with what was missed, in order', async () => {
        const admin = await fixture.script('root', 'admin');
        const before = String(fixture.auth.revocations.sequence);
        const [one, two] = [await fixture.browser('ada'), await fixture.browser('ada')];
        await fixture.call(one, 'signOut');
        const reader = await listen(admin, { since: before }, '/api/v1/revocations');
        await fixture.call(two, 'signOut');
        await expect.poll(() => reader.events.length).toBe(2);
        expect(reader.events.map(({ id }) => Number(id))).toEqual([Number(before) + 1, Number(before) + 2]);
    });

    it('are limited per person', async () => {
        const limited = await ApiFixture.start({ deps: { limits: { streamsPerUser: 2 } } });
        await limited.addUser('ada');
        await limited.app.listen({ port: 0, host: '127.0.0.1' });
        const client = await limited.browser('ada');
        const dial = () => open(limited, client, '/api/v1/events');
        const streams = [await dial(), await dial()];
        expect((await dial()).statusCode).toBe(429);
        streams[0]?.destroy();
        await expect
            .poll(async () => {
                const next = await dial();
                next.destroy();
                return next.statusCode;
            })
            .toBe(200);
        streams[1]?.destroy();
        await limited.close();
    });
});
