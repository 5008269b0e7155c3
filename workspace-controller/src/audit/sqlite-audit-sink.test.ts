import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLogger, FakeClock, type SqliteDatabase } from '@tandem/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPlatformDatabase } from '../database/open-platform-database.ts';
import { SecretBox } from '../database/secret-box.ts';
import type { NewAuditEntry } from './audit-sink.ts';
import { ChainAnchor } from './chain-anchor.ts';
import { hashOf } from './hash-chain.ts';
import { SqliteAuditSink } from './sqlite-audit-sink.ts';

const entry = (index: number): NewAuditEntry => ({
    actor: index % 2 === 0 ? 'ada' : 'bob',
    action: index % 3 === 0 ? 'workspace.create' : 'session.sign-in',
    target: `Workspace/team-home/space-${index}`,
    outcome: index % 5 === 0 ? 'denied' : 'allowed',
    address: '127.0.0.1',
    detail: { index: String(index) },
});

describe('the audit log', () => {
    let folder: string;
    let path: string;
    let database: SqliteDatabase;
    let sink: SqliteAuditSink;
    const clock = new FakeClock();
    const logger = createLogger({ name: 'audit-test', level: 'silent' });

    const open = async (): Promise<void> => {
        database = await openPlatformDatabase(join(folder, 'platform.sqlite'));
        const secrets = await SecretBox.open(join(folder, 'secret.key'));
        sink = await SqliteAuditSink.open({ path, anchor: new ChainAnchor(database, secrets, logger), clock, logger });
    };
    const shut = async (): Promise<void> => {
        await sink.close();
        await database.close();
    };
    /** Changes the file behind the program's back. */
    const tamper = async (sql: string, file = path): Promise<void> => {
        await shut();
        const raw = new DatabaseSync(file);
        raw.exec(`DROP TRIGGER IF EXISTS entry_is_never_changed; DROP TRIGGER IF EXISTS entry_is_never_deleted; ${sql}`);
        raw.close();
        await open();
    };

    beforeEach(async () => {
        folder = mkdtempSync(join(tmpdir(), 'tandem-audit-'));
        path = join(folder, 'audit.sqlite');
        await open();
        for (let index = 1; index <= 20; index++) {
            clock.advance(1000);
            await sink.append(entry(index));
        }
    });
    afterEach(async () => {
        await shut();
        rmSync(folder, { recursive: true, force: true });
    });

    it('holds when nothing was touched, also over a restart', async () => {
        expect(await sink.verify()).toEqual({ ok: true, entries: 20 });
        await shut();
        await open();
        await sink.append(entry(21));
        expect(await sink.verify()).toEqual({ ok: true, entries: 21 });
    });

    it('chains entries that come at once, in one order', async () => {
        const entries = await Promise.all(Array.from({ length: 700 }, (_, index) => sink.append(entry(index))));
        expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 700 }, (_, index) => 21 + index));
        expect(await sink.verify()).toEqual({ ok: true, entries: 720 });
    });

    it.each([
        ['a changed field', "UPDATE entry SET actor = 'eve' WHERE sequence = 7", 7],
        ['a changed detail', `UPDATE entry SET detail = '{"index":"x"}' WHERE sequence = 7`, 7],
        ['a detail that is no JSON any more', "UPDATE entry SET detail = 'x' WHERE sequence = 7", 7],
        ['a changed time', "UPDATE entry SET at = '2020-01-01T00:00:00.000Z' WHERE sequence = 7", 7],
        ['a missing entry', 'DELETE FROM entry WHERE sequence = 7', 7],
        ['a missing first entry', 'DELETE FROM entry WHERE sequence = 1', 1],
        [
            'two entries that changed places',
            'UPDATE entry SET sequence = -1 WHERE sequence = 7; UPDATE entry SET sequence = 7 WHERE sequence = 8; UPDATE entry SET sequence = 8 WHERE sequence = -1',
            7,
        ],
        [
            'an entry put in between',
            "INSERT INTO entry SELECT 0, at, 'eve', action, target, outcome, address, grant_id, detail, previous_hash, hash FROM entry WHERE sequence = 1",
            1,
        ],
        ['a cut-off end', 'DELETE FROM entry WHERE sequence > 15', 16],
        ['an emptied log', 'DELETE FROM entry', 1],
    ])('finds %s', async (_, sql, brokenAt) => {
        await tamper(sql);
        expect(await sink.verify()).toMatchObject({ ok: false, brokenAt, reason: expect.stringMatching(/\w/) as string });
    });

    it('finds a log that was written anew with fitting hashes', async () => {
        const entries = [];
        for await (const one of sink.export()) {
            entries.push(one);
        }
        let previousHash = '0'.repeat(64);
        const statements = entries.map((one) => {
            const { hash: _, ...forged } = { ...one, actor: 'eve', previousHash };
            previousHash = hashOf(forged);
            return `UPDATE entry SET actor = 'eve', previous_hash = '${forged.previousHash}', hash = '${previousHash}' WHERE sequence = ${one.sequence}`;
        });
        await tamper(statements.join(';'));
        expect(await sink.verify()).toMatchObject({ ok: false, reason: expect.stringContaining('anchored') as string });
    });

    it('goes on vouching for nothing after a cut-off, however many entries follow', async () => {
        await tamper('DELETE FROM entry WHERE sequence > 15');
        for (let index = 0; index < 10; index++) {
            await sink.append(entry(index));
        }
        expect(await sink.verify()).toMatchObject({ ok: false });
    });

    it('finds an anchor that was moved back or removed', async () => {
        copyFileSync(path, `${path}.kept`);
        const platform = join(folder, 'platform.sqlite');
        await tamper(`UPDATE setting SET value = json_set(value, '$.sequence', 3) WHERE key = 'audit-anchor'`, platform);
        expect(await sink.verify()).toMatchObject({ ok: false, reason: expect.stringContaining('anchor') as string });
        await tamper(`DELETE FROM setting WHERE key = 'audit-anchor'`, platform);
        expect(await sink.verify()).toMatchObject({ ok: false, reason: expect.stringContaining('anchor') as string });
    });

    it('cannot be changed by its own program', async () => {
        await shut();
        const raw = new DatabaseSync(path);
        expect(() => raw.exec('DELETE FROM entry')).toThrow(/append-only/);
        expect(() => raw.exec("UPDATE entry SET actor = 'eve'")).toThrow(/append-only/);
        raw.close();
        await open();
    });

    it('lists newest first, page by page, by every filter', async () => {
        const first = await sink.list({ limit: 8 });
        expect(first.items.map(({ sequence }) => sequence)).toEqual([20, 19, 18, 17, 16, 15, 14, 13]);
        const second = await sink.list({ limit: 20, cursor: first.nextCursor });
        expect(second.items.map(({ sequence }) => sequence)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
        expect(second.nextCursor).toBeUndefined();
        const sequences = async (filter: object): Promise<number[]> =>
            (await sink.list({ limit: 100, ...filter })).items.map(({ sequence }) => sequence);
        expect(await sequences({ actor: 'ada', outcome: 'denied' })).toEqual([20, 10]);
        expect(await sequences({ action: 'workspace' })).toEqual([18, 15, 12, 9, 6, 3]);
        expect(await sequences({ action: 'workspace.create', target: 'space-1' })).toEqual([18, 15, 12]);
        const { at } = first.items[2] as { at: string };
        expect(await sequences({ from: at })).toEqual([20, 19, 18]);
    });
});
