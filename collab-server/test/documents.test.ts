import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as Y from 'yjs';
import { afterEach, describe, expect, it } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { stockClients } from './stock-clients.ts';
import { startService, waitFor, type RunningService } from './support.ts';

describe('documents over HTTP', () => {
    let running: RunningService;
    const token = 'a-server-token-for-tests';
    const headers = { authorization: `Bearer ${token}` };
    const name = 'w/1/f/readme.0';
    const path = `/documents/${encodeURIComponent(name)}`;
    const closers: (() => void)[] = [];

    afterEach(async () => {
        closers.splice(0).forEach((close) => close());
        await running.close();
    });

    const call = (method: string, at: string, body?: unknown, more: Record<string, string> = {}) =>
        fetch(running.http + at, {
            method,
            headers: {
                ...headers,
                ...(body instanceof Uint8Array
                    ? { 'content-type': 'application/octet-stream' }
                    : body
                      ? { 'content-type': 'application/json' }
                      : {}),
                ...more,
            },
            body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : body === undefined ? undefined : JSON.stringify(body),
        });

    async function withText(text: string): Promise<Y.Doc> {
        running = await startService({ serverToken: token });
        const doc = new Y.Doc();
        doc.getText('t').insert(0, text);
        expect((await call('POST', `${path}/updates`, Y.encodeStateAsUpdate(doc))).status).toBe(204);
        return doc;
    }

    it('[H1] asks for the server token', async () => {
        await withText('x');
        expect((await call('GET', path, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
        expect((await fetch(running.http + path)).status).toBe(401);
        expect((await fetch(`${running.http}/healthz`)).status).toBe(200);
        expect((await fetch(`${running.http}/readyz`)).status).toBe(200);
        expect(await (await fetch(`${running.http}/metrics`)).text()).toContain('tandem_collab_updates_total 1');
    });

    it('[H2] lists, reads, copies, exports and deletes', async () => {
        await withText('hello');
        const list = (await (await call('GET', '/documents?prefix=w/1/')).json()) as { items: { room: string; bytes: number }[] };
        expect(list.items.map(({ room }) => room)).toEqual([name]);
        expect(await (await call('GET', path)).json()).toEqual({ t: 'hello' });
        expect(await (await call('GET', `${path}?as=text`)).text()).toBe('hello');
        expect((await call('POST', `${path}/copy`, { to: 'copy' })).status).toBe(204);
        expect((await call('POST', `${path}/copy`, { to: 'copy' })).status).toBe(409);
        const doc = new Y.Doc();
        Y.applyUpdate(doc, new Uint8Array(await (await call('GET', '/documents/copy?as=update')).arrayBuffer()));
        expect(doc.getText('t').toString()).toBe('hello');
        expect((await call('DELETE', path)).status).toBe(204);
        expect((await call('GET', path)).status).toBe(404);
        expect(await (await call('DELETE', '/documents?prefix=co')).json()).toEqual({ removed: 1 });
    });

    it('[H3] refuses what is no update, and says why', async () => {
        await withText('x');
        const response = await call('POST', `${path}/updates`, Uint8Array.of(1, 2, 3));
        expect(response.status).toBe(400);
        expect(((await response.json()) as { detail: string }).detail).toContain('no Yjs update');
    });

    it('[H4] keeps named versions, compares and restores them as new edits', async () => {
        const doc = await withText('first');
        const version = (await (await call('POST', `${path}/versions`, { name: 'v1', author: 'ada' })).json()) as { id: number };
        const before = Y.encodeStateVector(doc);
        doc.getText('t').insert(5, ' and second');
        doc.getMap('m').set('k', { a: 1 });
        await call('POST', `${path}/updates`, Y.encodeStateAsUpdate(doc, before));
        expect(await (await call('GET', `${path}/versions/${version.id}/diff`)).json()).toEqual({
            from: { t: 'first' },
            to: { m: { k: { a: 1 } }, t: 'first and second' },
        });
        expect((await call('POST', `${path}/versions/${version.id}/restore`)).status).toBe(204);
        expect(await (await call('GET', path)).json()).toMatchObject({ t: 'first' });
        const { items } = (await (await call('GET', `${path}/versions`)).json()) as { items: { name: string; author: string }[] };
        expect(items).toMatchObject([{ name: 'v1', author: 'ada' }]);
        expect((await call('GET', `${path}/versions/999`)).status).toBe(404);
    });

    it('[H5] purges what was deleted from memory, log, versions and file, and resets clients', async () => {
        await withText('public ');
        const socket = new CollabSocket({ url: `${running.url}/hocuspocus` });
        closers.push(() => socket.close());
        const document = socket.open(name);
        await document.whenSynced();
        const text = document.doc.getText('t');
        text.insert(7, 'TOP-SECRET-VALUE');
        await call('POST', `${path}/versions`, { name: 'with secret' });
        text.delete(7, 16);
        await document.whenDurable();
        const stored = () =>
            readdirSync(running.directory)
                .map((file) => readFileSync(join(running.directory, file)).toString('latin1'))
                .join('');
        expect(stored()).toContain('TOP-SECRET-VALUE');
        expect((await call('POST', `${path}/purge`)).status).toBe(204);
        await waitFor('the reset', () => document.state === 'reset');
        expect(stored()).not.toContain('TOP-SECRET-VALUE');
        expect(await (await call('GET', path)).json()).toEqual({ t: 'public ' });
        document.close();
        const again = socket.open(name);
        await again.whenSynced();
        expect(again.doc.getText('t').toString()).toBe('public ');
    });

    it('[H5] lets stock y-websocket clients come back to a rewritten document with what is left of it, and not to a deleted one', async () => {
        await withText('kept');
        const stock = stockClients.find((kind) => kind.name === 'y-websocket 3.1.0')!;
        const client = stock.connect({ url: running.url, room: name });
        closers.push(client.destroy);
        await waitFor('in', client.isSynced);
        client.doc.getText('t').insert(0, 'SECRET');
        client.doc.getText('t').delete(0, 6);
        await waitFor('the edits', () => running.service.roomHost.counters.updates >= 3);
        expect((await call('POST', `${path}/purge`)).status).toBe(204);
        await waitFor('the reset and the way back', () => client.closes.includes(1012) && client.opens() === 2 && client.isSynced());
        client.doc.getText('t').insert(4, ' and more');
        await waitFor('an edit after it', async () => (await (await call('GET', `${path}?as=text`)).text()) === 'kept and more');
        expect((await call('DELETE', path)).status).toBe(204);
        await waitFor('the end', () => client.closes.includes(4403));
        expect((await call('GET', path)).status).toBe(404);
    });

    it('[H6] closes sockets by an administrative revocation', async () => {
        await withText('x');
        const answer = await call('POST', '/revocations', { kind: 'user', id: 'nobody' });
        expect(await answer.json()).toEqual({ closed: 0 });
        expect((await call('POST', '/revocations', { kind: 'planet', id: 'x' })).status).toBe(400);
    });
});
