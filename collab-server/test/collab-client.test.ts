import { afterEach, describe, expect, it } from 'vitest';
import { CollabSocket, RelayChannel } from '@tandem/collab-client';
import { createIssuer, startService, waitFor, type RunningService, type TokenClaims } from './support.ts';

describe('our own client', () => {
    let running: RunningService;
    const closers: { close(): unknown }[] = [];

    afterEach(async () => {
        for (const each of closers.splice(0).reverse()) {
            await each.close();
        }
    });

    async function serve(options: Parameters<typeof startService>[0] = {}) {
        running = await startService(options);
        closers.push(running);
        return running;
    }

    function socket(token?: () => Promise<string>) {
        const created = new CollabSocket({ url: `${running.url}/hocuspocus`, token });
        closers.push(created);
        return created;
    }

    it('[C1] opens many documents on one socket and knows when edits are durable', async () => {
        await serve();
        const a = socket();
        const documents = Array.from({ length: 50 }, (_, index) => a.open(`many/${index}`));
        await Promise.all(documents.map((document) => document.whenSynced()));
        expect(running.service.sessions.size).toBe(1);
        for (const [index, document] of documents.entries()) {
            document.doc.getText('t').insert(0, `text ${index}`);
            expect(document.durable).toBe(false);
        }
        await Promise.all(documents.map((document) => document.whenDurable()));
        const b = socket();
        const copy = b.open('many/7');
        await copy.whenSynced();
        expect(copy.doc.getText('t').toString()).toBe('text 7');
    });

    it('[C2] is not durable while offline with edits, and becomes so after it has come back', async () => {
        const { directory, server } = await serve();
        const { port } = server.address() as { port: number };
        const a = socket();
        const document = a.open('offline');
        await document.whenSynced();
        await document.whenDurable();
        closers.splice(closers.indexOf(running), 1);
        await running.close();
        await waitFor('the loss', () => a.state === 'connecting' && document.state === 'connecting');
        expect(document.durable).toBe(true);
        document.doc.getText('t').insert(0, 'written offline');
        expect(document.durable).toBe(false);
        await serve({ directory, port });
        await document.whenDurable();
        const other = socket().open('offline');
        await other.whenSynced();
        expect(other.doc.getText('t').toString()).toBe('written offline');
    });

    it('[C3] learns who is here from the server, and not from what others say', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const as = (claims: TokenClaims) => socket(() => issuer.token(claims)).open('w/1/shared');
        const ada = as({ sub: 'ada', name: 'Ada' });
        const eve = as({ sub: 'eve', name: 'Eve', rooms: [{ pattern: 'w/1/*', access: 'read' }] });
        await Promise.all([ada.whenSynced(), eve.whenSynced()]);
        ada.awareness.setLocalStateField('user', { name: 'Ada' });
        eve.awareness.setLocalStateField('user', { name: 'Ada, honestly' });
        await waitFor('both in the roster', () => ada.roster.length === 2);
        expect(ada.roster.find(({ clientId }) => clientId === eve.doc.clientID)).toMatchObject({
            subject: 'eve',
            name: 'Eve',
            access: 'read',
        });
        expect(eve.readOnly).toBe(true);
        eve.close();
        await waitFor('the leave', () => ada.roster.length === 1 && !ada.awareness.getStates().has(eve.doc.clientID));
    });

    it('[C4] tells that an edit was refused, and is not durable then', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const document = socket(() => issuer.token({ rooms: [{ pattern: '**', access: 'read' }] })).open('w/1/f/a.0');
        await document.whenSynced();
        let refused = 0;
        document.onDidRefuse(() => refused++);
        document.doc.getText('t').insert(0, 'x');
        await waitFor('the refusal', () => refused === 1);
        expect(document.durable).toBe(false);
    });

    it('[C5] stops when its session was revoked, within 200 ms', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const a = socket(() => issuer.token({ sid: 'gone' }));
        const document = a.open('w/1/shared');
        await document.whenSynced();
        const closed = new Promise<number>((resolve) => a.onDidClose(({ code }) => resolve(code)));
        const start = performance.now();
        expect(running.service.revoke({ kind: 'session', id: 'gone', expired: false, reason: 'signed out' })).toBe(1);
        expect(await closed).toBe(4401);
        expect(performance.now() - start).toBeLessThan(200);
        expect(a.state).toBe('closed');
    });

    it('[C6] is denied a document without losing the others on its socket', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const a = socket(() => issuer.token({ rooms: [{ pattern: 'w/1/**', access: 'write' }] }));
        const mine = a.open('w/1/shared');
        await mine.whenSynced();
        const foreign = a.open('w/2/shared');
        await expect(foreign.whenSynced()).rejects.toThrow('denied');
        mine.doc.getText('t').insert(0, 'still here');
        await mine.whenDurable();
    });

    it('[L1] relays messages in order, to one or to all, and tells who is there', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const join = (sub: string) => {
            const channel = new RelayChannel({
                url: `${running.url}/relay/${encodeURIComponent('w/1/debug/7')}`,
                token: () => issuer.token({ sub, name: sub }),
            });
            closers.push(channel);
            const got: string[] = [];
            channel.onMessage(({ from, data }) => got.push(`${from}:${Buffer.from(data).toString()}`));
            return { channel, got };
        };
        const a = join('ada');
        await waitFor('a is in', () => a.channel.id !== undefined);
        const b = join('bob');
        const c = join('cleo');
        await waitFor('all are in', () => b.channel.id !== undefined && c.channel.id !== undefined && a.channel.members.length === 2);
        expect(a.channel.members.map(({ subject }) => subject).sort()).toEqual(['bob', 'cleo']);
        for (let index = 0; index < 100; index++) {
            a.channel.send(Buffer.from(String(index)));
        }
        a.channel.send(Buffer.from('for bob'), b.channel.id);
        await waitFor('all arrived', () => b.got.length === 101 && c.got.length === 100);
        expect(c.got).toEqual(Array.from({ length: 100 }, (_, index) => `${a.channel.id}:${index}`));
        expect(b.got[100]).toBe(`${a.channel.id}:for bob`);
        const gone = c.channel.id as number;
        c.channel.close();
        await waitFor('c left', () => a.channel.members.length === 1);
        let undeliverable = 0;
        a.channel.onUndeliverable((id) => (undeliverable = id));
        a.channel.send(Buffer.from('late'), gone);
        await waitFor('the answer', () => undeliverable === gone);
    });
});
