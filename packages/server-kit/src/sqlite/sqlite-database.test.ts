import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AppError } from '../app-error.ts';
import { ConstraintError, ExpectationError, openSqlite, type SqliteDatabase } from './sqlite-database.ts';

const migrations = [{ version: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)' }];
const freshPath = () => join(mkdtempSync(join(tmpdir(), 'tandem-sqlite-')), 'file.sqlite');

describe('a SQLite file in its own thread', () => {
    let database: SqliteDatabase | undefined;
    afterEach(async () => {
        await database?.close();
        database = undefined;
    });

    it('keeps what was committed over a reopening', async () => {
        const path = freshPath();
        database = await openSqlite({ path, migrations });
        await database.query('INSERT INTO note (text) VALUES (?)', ['one']);
        await database.close();
        database = await openSqlite({ path, migrations });
        expect(await database.query('SELECT text FROM note')).toEqual([{ text: 'one' }]);
    });

    it('undoes the whole transaction when a statement touches another number of rows than expected', async () => {
        database = await openSqlite({ path: freshPath(), migrations });
        const attempt = database.transaction([
            { sql: 'INSERT INTO note (text) VALUES (?)', parameters: ['one'] },
            { sql: 'UPDATE note SET text = ? WHERE id = ?', parameters: ['x', 99], expectRows: 1 },
        ]);
        await expect(attempt).rejects.toThrow(ExpectationError);
        expect(await database.query('SELECT * FROM note')).toEqual([]);
    });

    it('lets one failed transaction of a shared commit fail alone', async () => {
        database = await openSqlite({ path: freshPath(), migrations });
        const insert = (text: string) => database!.query('INSERT INTO note (text) VALUES (?)', [text]);
        const outcomes = await Promise.allSettled([insert('one'), insert('one'), insert('two')]);
        expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(ConstraintError);
        expect(await database.query('SELECT count(*) AS count FROM note')).toEqual([{ count: 2 }]);
    });

    it('says storage-full and changes nothing when there is no room', async () => {
        database = await openSqlite({ path: freshPath(), migrations });
        await database.query('PRAGMA max_page_count = 4').catch(() => undefined);
        const failures: unknown[] = [];
        for (let index = 0; index < 50; index++) {
            await database.query('INSERT INTO note (text) VALUES (?)', [`${index}`.repeat(2000)]).catch((error) => failures.push(error));
        }
        expect(failures.length).toBeGreaterThan(0);
        expect((failures[0] as AppError).code).toBe('storage-full');
        expect(await database.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    });

    it('refuses a newer file and names both versions', async () => {
        const path = freshPath();
        database = await openSqlite({ path, migrations: [...migrations, { version: 7, sql: 'CREATE TABLE later (id INTEGER)' }] });
        await database.close();
        database = undefined;
        await expect(openSqlite({ path, migrations })).rejects.toThrow(/version 7, this program knows 1/);
    });

    it('says that a damaged file is damaged', async () => {
        const path = freshPath();
        writeFileSync(path, Buffer.alloc(8192, 'this is no database '));
        await expect(openSqlite({ path, migrations })).rejects.toThrow(/damaged/);
    });

    it('writes a consistent copy while others write', async () => {
        database = await openSqlite({ path: freshPath(), migrations });
        const target = freshPath();
        const writes = Array.from({ length: 50 }, (_, index) => database!.query('INSERT INTO note (text) VALUES (?)', [String(index)]));
        await database.backupTo(target);
        await Promise.all(writes);
        const copy = await openSqlite({ path: target, migrations });
        expect(await copy.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
        await copy.close();
    });

    it('rejects calls after closing instead of leaving them to wait', async () => {
        const closed = await openSqlite({ path: freshPath(), migrations });
        await closed.close();
        await expect(closed.query('SELECT 1')).rejects.toThrow(/closed/);
    });
});
