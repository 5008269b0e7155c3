import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SQLite } from '@hocuspocus/extension-sqlite';
import { Server } from '@hocuspocus/server';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket-2';
import * as Y from 'yjs';
import { afterEach, describe, expect, it } from 'vitest';
import { SqliteUpdateLog } from '../src/log/sqlite-update-log.ts';
import { stockClients } from './stock-clients.ts';
import { temporaryDirectory, waitFor } from './support.ts';

const main = new URL('../src/main.ts', import.meta.url).pathname;

/** `tandem-collab import` as a person runs it. */
function runImport(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
    return new Promise((resolve) => {
        execFile(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'import', ...args], (error, output, errors) =>
            resolve({ code: error ? Number(error.code) : 0, output, errors }),
        );
    });
}

async function documents(directory: string): Promise<Map<string, string>> {
    const log = await SqliteUpdateLog.open(directory);
    const found = new Map<string, string>();
    for (const { room } of await log.list({ limit: 500 })) {
        const doc = new Y.Doc();
        (await log.load(room)).forEach((update) => Y.applyUpdate(doc, update));
        found.set(room, doc.getText('t').toString());
    }
    await log.close();
    return found;
}

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
}

describe('documents of another server', () => {
    const children: ChildProcess[] = [];

    afterEach(() => {
        children.splice(0).forEach((child) => child.kill('SIGKILL'));
    });

    it('[I1] that y-websocket 2.1.0 kept with YPERSISTENCE are brought over once, under the names clients use', async () => {
        const store = join(temporaryDirectory(), 'y-leveldb');
        const port = await freePort();
        const require = createRequire(import.meta.url);
        const server = spawn(process.execPath, [join(dirname(require.resolve('y-websocket-2/package.json')), 'bin/server.cjs')], {
            env: { ...process.env, YPERSISTENCE: store, HOST: '127.0.0.1', PORT: String(port) },
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        children.push(server);
        await once(server.stdout, 'data');
        const type = async (room: string, edits: readonly string[]) => {
            const doc = new Y.Doc();
            const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, room, doc, {
                WebSocketPolyfill: WebSocket as never,
                disableBc: true,
            });
            await waitFor('the client', () => provider.synced);
            const text = doc.getText('t');
            edits.forEach((edit) => text.insert(text.length, edit));
            const probe = new Y.Doc();
            const reader = new WebsocketProvider(`ws://127.0.0.1:${port}`, room, probe, {
                WebSocketPolyfill: WebSocket as never,
                disableBc: true,
            });
            await waitFor('the server has it', () => probe.getText('t').length === text.length);
            reader.destroy();
            provider.destroy();
            return text.toString();
        };
        // More edits than y-leveldb keeps unmerged, a name with a space, and a room where nobody typed.
        const long = await type(
            'long',
            Array.from({ length: 700 }, (_, index) => `${index};`),
        );
        await type('team/a b ü', ['first ', 'second']);
        await type('silent', []);
        // It stores updates one after the other and waits for none of them.
        await type('last', ['the very last edit']);
        await waitFor('its store', () => readdirSync(store).some((file) => readFileSync(join(store, file)).includes('the very last edit')));
        server.kill('SIGTERM');
        await once(server, 'exit');

        const data = temporaryDirectory();
        const first = await runImport('--from-leveldb', store, '--data', data);
        expect(first.errors).toBe('');
        expect(first.output).toMatch(
            /^3 documents imported \(\d+ bytes\), 0 were here already, 1 were empty, 0 could not be imported\.\n$/,
        );
        expect(first.code).toBe(0);
        expect(await documents(data)).toEqual(
            new Map([
                ['last', 'the very last edit'],
                ['long', long],
                ['team/a b ü', 'first second'],
            ]),
        );
        const second = await runImport('--from-leveldb', store, '--data', data);
        expect(second.output).toMatch(/^0 documents imported \(0 bytes\), 3 were here already/);
    });

    it('[I1] that Hocuspocus kept with its SQLite extension are brought over', async () => {
        const file = join(temporaryDirectory(), 'db.sqlite');
        const port = await freePort();
        const server = new Server({
            port,
            address: '127.0.0.1',
            quiet: true,
            stopOnSignals: false,
            debounce: 0,
            extensions: [new SQLite({ database: file })],
        });
        await server.listen();
        const kind = stockClients.find(({ name }) => name === '@hocuspocus/provider 4.8.0');
        for (const [room, text] of [
            ['notes/one', 'written with Hocuspocus'],
            ['a b', 'x'],
        ] as const) {
            const client = kind?.connect({ url: `ws://127.0.0.1:${port}`, room });
            await waitFor('the client', () => client?.isSynced() === true);
            client?.doc.getText('t').insert(0, text);
            await waitFor('the server has it', () => client?.unsynced() === 0);
            client?.destroy();
        }
        const database = new DatabaseSync(file, { readOnly: true });
        await waitFor('its store', () => Number(database.prepare('SELECT count(*) AS n FROM documents').get()?.n) === 2);
        database.close();
        await server.destroy();

        const data = temporaryDirectory();
        const { code, output } = await runImport('--from-hocuspocus-sqlite', file, '--data', data);
        expect(output).toContain('2 documents imported');
        expect(code).toBe(0);
        expect(await documents(data)).toEqual(
            new Map([
                ['a b', 'x'],
                ['notes/one', 'written with Hocuspocus'],
            ]),
        );
    });

    it('[I2] that cannot be taken are named with the reason, and the others come over', async () => {
        const file = join(temporaryDirectory(), 'db.sqlite');
        const database = new DatabaseSync(file);
        database.exec('CREATE TABLE documents (name varchar(255) NOT NULL, data blob NOT NULL, UNIQUE(name))');
        const insert = database.prepare('INSERT INTO documents VALUES (?, ?)');
        const doc = new Y.Doc();
        doc.getText('t').insert(0, 'fine');
        insert.run('fine', Y.encodeStateAsUpdate(doc));
        insert.run('torn', Y.encodeStateAsUpdate(doc).subarray(0, 9));
        insert.run('n'.repeat(300), Y.encodeStateAsUpdate(doc));
        database.close();
        const data = temporaryDirectory();
        const { code, output } = await runImport('--from-hocuspocus-sqlite', file, '--data', data);
        expect(code).toBe(1);
        expect(output).toContain('Not imported: "torn": it holds what is no Yjs update');
        expect(output).toContain('this one has 300');
        expect(output).toContain('1 documents imported');
        expect(await documents(data)).toEqual(new Map([['fine', 'fine']]));
    });

    it.each([
        ['no directory of LevelDB', ['--from-leveldb', '/nonexistent'], 'is no LevelDB'],
        ['no file of the extension', ['--from-hocuspocus-sqlite', main], 'was not written by'],
        ['two sources', ['--from-leveldb', 'a', '--from-hocuspocus-sqlite', 'b'], 'Give one source'],
    ])('[I2] says what is wrong with %s', async (_what, args, message) => {
        const { code, errors } = await runImport(...args, '--data', temporaryDirectory());
        expect(code).toBe(1);
        expect(errors).toContain(message);
    });
});
