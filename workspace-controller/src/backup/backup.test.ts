import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createLogger, FakeClock, openSqlite, type SqliteDatabase } from '@tandem/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackup, type BackupOptions } from './create-backup.ts';
import { restoreBackup } from './restore-backup.ts';
import { headerOf, paddingOf, TRAILER } from './tar-writer.ts';

const migrations = [{ version: 1, sql: 'CREATE TABLE pair (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL) STRICT' }];
const LONG = 'd'.repeat(90);

describe('a backup of a data directory', () => {
    let folder: string;
    let data: string;
    let target: string;
    let database: SqliteDatabase;

    beforeEach(async () => {
        folder = mkdtempSync(join(tmpdir(), 'tandem-backup-'));
        data = join(folder, 'data');
        target = join(folder, 'restored');
        const project = join(data, 'workspaces', 'uid-1', 'home', 'project');
        mkdirSync(join(project, LONG, LONG), { recursive: true });
        database = await openSqlite({ path: join(data, 'platform.sqlite'), migrations });
        writeFileSync(join(data, 'secret.key'), 'key', { mode: 0o600 });
        writeFileSync(join(data, 'lock.pid'), '1');
        writeFileSync(join(project, LONG, LONG, 'ünïcode.txt'), 'content');
        writeFileSync(join(project, 'run.sh'), '#!/bin/sh\n');
        chmodSync(join(project, 'run.sh'), 0o755);
        symlinkSync('/usr/bin/env', join(project, 'absolute'));
        writeFileSync(join(project, 'empty'), '');
    });
    afterEach(async () => {
        await database.close();
        rmSync(folder, { recursive: true, force: true });
    });

    const options = (homes: boolean): BackupOptions => ({
        dataDirectory: data,
        databases: [{ name: 'platform.sqlite', backupTo: (path) => database.backupTo(path) }],
        homeDirectories: ['workspaces'],
        homes,
        exclude: ['lock.pid'],
        version: '0.1.0',
        clock: new FakeClock(),
        logger: createLogger({ name: 'backup-test', level: 'silent' }),
    });

    it('restores everything into an empty directory', async () => {
        await database.query('INSERT INTO pair (a, b) VALUES (1, 1)');
        const manifest = await restoreBackup(await createBackup(options(true)), target);
        expect(manifest).toMatchObject({ homes: true, version: '0.1.0', databases: ['platform.sqlite'] });
        const project = join(target, 'workspaces', 'uid-1', 'home', 'project');
        expect(readFileSync(join(project, LONG, LONG, 'ünïcode.txt'), 'utf8')).toBe('content');
        expect(statSync(join(project, 'run.sh')).mode & 0o777).toBe(0o755);
        expect(statSync(join(target, 'secret.key')).mode & 0o777).toBe(0o600);
        expect(readlinkSync(join(project, 'absolute'))).toBe('/usr/bin/env');
        expect(existsSync(join(target, 'lock.pid'))).toBe(false);
        expect(readdirSync(folder).sort()).toEqual(['data', 'restored']);
        await expect.poll(() => readdirSync(data).filter((name) => name.startsWith('.backup-'))).toEqual([]);
    });

    it('copies databases that nobody named consistently too, but takes those in homes as they are', async () => {
        mkdirSync(join(data, 'collab'));
        const other = await openSqlite({ path: join(data, 'collab', 'collab.sqlite'), migrations });
        await other.query('INSERT INTO pair (a, b) VALUES (7, 7)');
        writeFileSync(join(data, 'workspaces', 'uid-1', 'home', 'mine.sqlite'), 'not even a database');
        writeFileSync(join(data, 'workspaces', 'uid-1', 'home', 'mine.sqlite-wal'), 'mine');
        const manifest = await restoreBackup(await createBackup(options(true)), target);
        await other.close();
        expect(manifest.databases).toEqual(['platform.sqlite', 'collab/collab.sqlite']);
        expect(readdirSync(join(target, 'collab'))).toEqual(['collab.sqlite']);
        const copy = await openSqlite({ path: join(target, 'collab', 'collab.sqlite'), migrations });
        expect(await copy.query('SELECT a FROM pair')).toEqual([{ a: 7 }]);
        await copy.close();
        expect(readdirSync(join(target, 'workspaces', 'uid-1', 'home')).sort()).toEqual(['mine.sqlite', 'mine.sqlite-wal', 'project']);
    });

    it('leaves the files of workspaces out when told to', async () => {
        await restoreBackup(await createBackup(options(false)), target);
        expect(readdirSync(target).sort()).toEqual(['platform.sqlite', 'secret.key']);
    });

    it('is consistent while others write', async () => {
        let writing = true;
        let written = 0;
        const growing = join(data, 'workspaces', 'uid-1', 'home', 'growing.log');
        const writes = (async () => {
            while (writing) {
                written++;
                await database.transaction([
                    { sql: 'INSERT INTO pair (a, b) VALUES (?, 0)', parameters: [written] },
                    { sql: 'UPDATE pair SET b = a WHERE b = 0' },
                ]);
                writeFileSync(growing, 'x'.repeat(written % 2 === 0 ? 300_000 : 10));
                const brief = join(data, 'workspaces', `brief-${written}`);
                writeFileSync(brief, 'gone soon');
                rmSync(brief);
            }
        })();
        for (let round = 0; round < 5; round++) {
            const before = written;
            await restoreBackup(await createBackup(options(true)), join(folder, `restored-${round}`));
            const copy = await openSqlite({ path: join(folder, `restored-${round}`, 'platform.sqlite'), migrations });
            const [row] = await copy.query('SELECT count(*) AS n, sum(a <> b) AS torn FROM pair');
            await copy.close();
            expect(Number(row?.['n'])).toBeGreaterThanOrEqual(before - 1);
            expect(Number(row?.['torn'] ?? 0)).toBe(0);
        }
        writing = false;
        await writes;
        expect(written).toBeGreaterThan(5);
    });

    it('leaves sockets out', async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(join(data, 'ide.sock'), resolve));
        await restoreBackup(await createBackup(options(true)), target);
        await new Promise((resolve) => server.close(resolve));
        expect(existsSync(join(target, 'ide.sock'))).toBe(false);
    });

    it('removes its copies when the reader goes away', async () => {
        writeFileSync(
            join(data, 'large'),
            Buffer.alloc(8 * 1024 * 1024, 'incompressible?').map((value, index) => value ^ (index * 7)),
        );
        const stream = await createBackup(options(true));
        await new Promise((resolve) => stream.once('data', resolve));
        const closed = new Promise((resolve) => stream.once('close', resolve));
        stream.destroy();
        await closed;
        await expect.poll(() => readdirSync(data).filter((name) => name.startsWith('.backup-'))).toEqual([]);
    });

    it('is refused by a directory that is not empty, which stays as it was', async () => {
        mkdirSync(target);
        writeFileSync(join(target, 'mine'), 'mine');
        await expect(restoreBackup(await createBackup(options(true)), target)).rejects.toMatchObject({ code: 'wrong-state' });
        expect(readdirSync(target)).toEqual(['mine']);
    });

    it('is refused when it is cut off, changed or something else', async () => {
        const whole = await buffer(await createBackup(options(true)));
        const broken = gunzipSync(whole);
        broken.fill(0xff, 1600, 3000);
        for (const bytes of [whole.subarray(0, whole.length / 2), gzipSync(broken), Buffer.from('hello'), gzipSync(TRAILER)]) {
            await expect(restoreBackup(Readable.from([bytes]), target)).rejects.toMatchObject({ code: 'invalid-request' });
            expect(existsSync(target)).toBe(false);
        }
    });

    it('is refused when an entry leads out of the directory', async () => {
        const file = (path: string): Buffer[] => {
            const content = Buffer.from('evil');
            return [headerOf({ path, type: 'File', size: 4, mode: 0o644, mtime: new Date(0) }), content, paddingOf(4)];
        };
        const link = headerOf({ path: 'out', type: 'SymbolicLink', linkpath: folder, size: 0, mode: 0o777, mtime: new Date(0) });
        for (const entries of [file('../evil'), file('/tmp/evil'), [link, ...file('out/evil')]]) {
            const archive = gzipSync(Buffer.concat([...entries, TRAILER]));
            await expect(restoreBackup(Readable.from([archive]), target)).rejects.toMatchObject({ code: 'invalid-request' });
            expect(existsSync(join(folder, 'evil'))).toBe(false);
        }
    });
});
