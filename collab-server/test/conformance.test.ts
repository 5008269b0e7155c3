import * as Y from 'yjs';
import { afterEach, describe, expect, it } from 'vitest';
import { stockClients, type StockClient, type StockOptions } from './stock-clients.ts';
import { createIssuer, startService, waitFor, type RunningService } from './support.ts';

const full = process.env.TANDEM_TEST_SIZE === 'full';

describe.each(stockClients)('a stock $name', ({ connect, protocol }) => {
    const open: { destroy?: () => void; close?: () => Promise<void> }[] = [];
    let running: RunningService;

    async function serve(options: Parameters<typeof startService>[0] = {}) {
        running = await startService(options);
        open.push(running);
        return running;
    }

    function client(options: Partial<StockOptions> = {}): StockClient {
        const created = connect({ url: running.url, room: 'w/1/f/readme.0', ...options });
        open.unshift(created);
        return created;
    }

    afterEach(async () => {
        for (const each of open.splice(0)) {
            each.destroy?.();
            await each.close?.();
        }
    });

    it('[R1] syncs both ways, and an empty document', async () => {
        await serve();
        const a = client();
        await waitFor('empty sync', a.isSynced);
        a.doc.getText('t').insert(0, 'hello');
        const b = client();
        await waitFor('b synced', b.isSynced);
        await waitFor('b has the text', () => b.doc.getText('t').toString() === 'hello');
        b.doc.getText('t').insert(5, ' world');
        await waitFor('a has the text', () => a.doc.getText('t').toString() === 'hello world');
        a.doc.getText('t').delete(0, 6);
        await waitFor('b sees the deletion', () => b.doc.getText('t').toString() === 'world');
        await waitFor('everything is acknowledged', () => a.unsynced() === 0 && b.unsynced() === 0);
    });

    it('[R1] brings what it wrote before it was connected', async () => {
        await serve();
        const doc = new Y.Doc();
        doc.getText('t').insert(0, 'offline');
        const a = client({ doc });
        await waitFor('a synced', () => a.isSynced() && a.unsynced() === 0);
        const b = client();
        await waitFor('b has the text', () => b.doc.getText('t').toString() === 'offline');
    });

    it('[R2] finds everything again after a restart of the server', async () => {
        const { directory, server } = await serve();
        const { port } = server.address() as { port: number };
        const a = client();
        await waitFor('a synced', a.isSynced);
        a.doc.getText('t').insert(0, 'before');
        await waitFor('acknowledged', () => a.unsynced() === 0 && running.service.commits.committedUpdates > 0);
        await running.close();
        open.splice(open.indexOf(running), 1);
        await waitFor('a lost its socket', () => a.closes.length > 0);
        expect(a.closes[0]).toBe(1012);
        a.doc.getText('t').insert(6, ' and meanwhile');
        await serve({ directory, port });
        await waitFor('a is back', a.isSynced);
        const b = client();
        await waitFor('b has both', () => b.doc.getText('t').toString() === 'before and meanwhile');
    });

    it('[R3] shows presence to others, and its leave at once', async () => {
        await serve();
        const a = client();
        const b = client();
        await waitFor('both synced', () => a.isSynced() && b.isSynced());
        // A client's first state has clock 0, which others take only once it changes.
        a.awareness.setLocalStateField('user', { name: 'Ada' });
        b.awareness.setLocalStateField('user', { name: 'Bob' });
        await waitFor('b sees a', () => (b.awareness.getStates().get(a.doc.clientID) as { user?: { name: string } })?.user?.name === 'Ada');
        await waitFor('a sees b', () => a.awareness.getStates().has(b.doc.clientID));
        const { clientID } = a.doc;
        a.destroy();
        await waitFor('b sees a leave', () => !b.awareness.getStates().has(clientID), 2_000);
    });

    it('[R4] that may only read sees edits and presence, shows presence, and has its edits refused as a whole', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const writer = client({ token: await issuer.token({ sub: 'ada' }) });
        const reader = client({ token: await issuer.token({ sub: 'bob', rooms: [{ pattern: 'w/1/f/*', access: 'read' }] }) });
        await waitFor('both synced', () => writer.isSynced() && reader.isSynced());
        writer.doc.getText('t').insert(0, 'given');
        await waitFor('reader sees it', () => reader.doc.getText('t').toString() === 'given');
        reader.awareness.setLocalStateField('user', { name: 'Bob' });
        await waitFor('presence of the reader', () => writer.awareness.getStates().has(reader.doc.clientID));
        reader.doc.getText('t').insert(0, 'mine ');
        await waitFor('the refusal', () => running.service.counters.refusedUpdates > 0);
        writer.doc.getText('t').insert(5, '!');
        await waitFor('reader sees more', () => reader.doc.getText('t').toString() === 'mine given!');
        expect(writer.doc.getText('t').toString()).toBe('given!');
        expect(reader.opens()).toBe(1);
        if (protocol === 'hocuspocus') {
            expect(reader.unsynced()).toBeGreaterThan(0);
        }
    });

    it('[R5] with a bad or foreign token is told so and does not hammer the server', async () => {
        const issuer = await createIssuer();
        const other = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        const forged = client({ token: await other.token() });
        const foreign = client({ token: await issuer.token({ rooms: [{ pattern: 'w/2/**', access: 'write' }] }) });
        if (protocol === 'y') {
            await waitFor('both closed', () => forged.closes.includes(4401) && foreign.closes.includes(4403));
        } else {
            await waitFor('both denied', () => forged.denials.length > 0 && foreign.denials.length > 0);
        }
        expect(forged.opens() + foreign.opens()).toBeLessThanOrEqual(6);
        expect(forged.isSynced() || foreign.isSynced()).toBe(false);
    });

    it('[R6] renews its token in band where the protocol can, and is closed with 4408 where it cannot', async () => {
        const issuer = await createIssuer();
        await serve({ authenticate: issuer.authenticate });
        let tokens = 0;
        const token = () => {
            tokens++;
            return issuer.token({ expiresInS: 2 });
        };
        const a = client({ token: protocol === 'y' ? await token() : token });
        await waitFor('synced', a.isSynced);
        if (protocol === 'y') {
            await waitFor('closed', () => a.closes.includes(4408));
            return;
        }
        await waitFor('asked for three tokens', () => tokens >= 3);
        expect(a.opens()).toBe(1);
        a.doc.getText('t').insert(0, 'x');
        await waitFor('acknowledged', () => a.unsynced() === 0);
    });

    it('[R7] has one oversize edit refused without being sent into a reconnect loop', async () => {
        await serve({ limits: { maxMessageBytes: 100_000 } });
        const a = client();
        const b = client();
        await waitFor('both synced', () => a.isSynced() && b.isSynced());
        a.doc.getMap('m').set('big', 'x'.repeat(300_000));
        await waitFor('the refusal', () => running.service.counters.refusedUpdates > 0);
        b.doc.getText('t').insert(0, 'others go on');
        await waitFor('a still receives', () => a.doc.getText('t').toString() === 'others go on');
        expect(a.opens()).toBe(1);
        expect(a.closes).toEqual([]);
    });

    it(`[R8] stays connected while idle for ${full ? 90 : 4} s`, async () => {
        // The sample shortens the server's beat; the full run idles for as long as the longest client timeout three times.
        await serve(full ? {} : { limits: { keepAliveMs: 1_000 } });
        const a = client();
        a.awareness.setLocalState(null);
        await waitFor('synced', a.isSynced);
        const sent = [...running.service.sessions][0]?.connection.bytesOut ?? 0;
        await new Promise((resolve) => setTimeout(resolve, full ? 90_000 : 4_000));
        expect(a.opens()).toBe(1);
        expect(a.isConnected()).toBe(true);
        expect([...running.service.sessions][0]?.connection.bytesOut).toBeGreaterThan(sent);
    }, 120_000);
});
