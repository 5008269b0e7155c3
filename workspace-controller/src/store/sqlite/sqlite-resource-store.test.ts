import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '@tandem/server-kit';
import { describeResourceStore, newUser } from '../resource-store.contract.ts';
import type { WatchEvent } from '../resource-store.ts';
import { EventStream } from './event-stream.ts';
import { migrations } from './migrations.ts';
import { SqliteResourceStore } from './sqlite-resource-store.ts';

const freshPath = () => join(mkdtempSync(join(tmpdir(), 'tandem-store-')), 'resources.sqlite');

describeResourceStore('SQLite', () => SqliteResourceStore.open(freshPath()));

describe('SQLite resource store', () => {
    it('has everything again after it was closed, and a watch resumes over the gap', async () => {
        const path = freshPath();
        const first = await SqliteResourceStore.open(path);
        const { version } = await first.list('User');
        const ada = await first.create(newUser('ada'));
        await first.close();
        const second = await SqliteResourceStore.open(path);
        expect(await second.get('User', 'tandem', 'ada')).toEqual(ada);
        const watch = await second.watch({ since: version });
        for await (const event of watch) {
            expect(event.object).toEqual(ada);
            break;
        }
        await second.close();
    });

    it('refuses a cursor that is older than what is kept', async () => {
        const path = freshPath();
        const store = await SqliteResourceStore.open(path);
        const { version } = await store.list('User');
        await store.create(newUser('ada'));
        await store.create(newUser('bob'));
        await store.close();
        const file = new DatabaseSync(path);
        file.exec('DELETE FROM event WHERE version = (SELECT min(version) FROM event)');
        file.close();
        const again = await SqliteResourceStore.open(path);
        await expect(again.watch({ since: version })).rejects.toMatchObject({ code: 'cursor-expired' });
        await again.close();
    });

    it('takes over the names of an older file', async () => {
        const path = freshPath();
        const older = await openSqlite({ path, migrations: migrations.slice(0, 1) });
        await older.query(`INSERT INTO object VALUES ('Workspace', 'team-home', 'my-shop', 1, '{}')`);
        await older.query(`DELETE FROM object`);
        await older.query(`INSERT INTO object VALUES ('Workspace', 'team-home', 'other', 1, '{}')`);
        await older.close();
        const newer = await openSqlite({ path, migrations });
        expect(await newer.query('SELECT name FROM workspace_name')).toEqual([{ name: 'other' }]);
        await newer.close();
    });

    it('cuts off a reader that falls too far behind, instead of keeping everything for it', async () => {
        const stream = new EventStream(() => undefined);
        stream.start([], 0);
        const object = newUser('ada') as unknown as WatchEvent['object'];
        for (let version = 1; version <= 20_001; version++) {
            stream.push({ type: 'added', kind: 'User', object, version: String(version) });
        }
        await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'cursor-expired' });
    });
});
