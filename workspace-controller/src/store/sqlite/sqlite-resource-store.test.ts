import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeResourceStore, newUser } from '../resource-store.contract.ts';
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
});
