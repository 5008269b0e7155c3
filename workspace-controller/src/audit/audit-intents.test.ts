import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture } from '../http/testing/api-fixture.ts';
import { AuditIntents } from './audit-intents.ts';

const intent = { actor: 'ada', action: 'team.update', target: 'teams/home', address: '127.0.0.1' };

describe('what was begun', () => {
    let folder: string;
    let path: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), 'tandem-intents-'));
        path = join(folder, 'intents.log');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('is found by the next process when it was not ended, also behind a line that was cut short', () => {
        const first = new AuditIntents(path);
        first.end(first.begin({ ...intent, target: 'done' }));
        first.begin(intent);
        appendFileSync(path, '{"id":"half');
        expect(new AuditIntents(path).interrupted).toEqual([intent]);
    });

    it('is forgotten once it was told', () => {
        new AuditIntents(path).begin(intent);
        const next = new AuditIntents(path);
        next.forget();
        expect(readFileSync(path, 'utf8')).toBe('');
        next.begin(intent);
        expect(new AuditIntents(path).interrupted).toHaveLength(1);
    });

    it('does not fill the disk', () => {
        const intents = new AuditIntents(path);
        for (let count = 0; count < 5_000; count++) {
            intents.end(intents.begin(intent));
        }
        expect(statSync(path).size).toBeLessThan(300 * 1024);
    });
});

describe('a change through the API', () => {
    let fixture: ApiFixture;
    beforeEach(async () => {
        fixture = await ApiFixture.start();
        await fixture.addUser('boss', { admin: true });
    });
    afterEach(() => fixture.close());
    const rename = async (displayName: string) =>
        fixture.call(await fixture.browser('boss'), 'updateTeam', { params: { team: 'home' }, body: { displayName } });

    it('that the platform did not live to write into the audit log is told at its next start', async () => {
        const { append } = fixture.audit;
        // The process ends here: the change is made, the entry never comes.
        fixture.audit.append = () => Promise.reject(new Error('gone'));
        expect((await rename('Before the crash')).statusCode).toBe(503);
        fixture.audit.append = append;
        await fixture.shut();
        await fixture.open();
        expect(fixture.auth.rights.team('home')?.spec.displayName).toBe('Before the crash');
        const [last] = (await fixture.audit.list({ limit: 1 })).items;
        expect(last).toMatchObject({ actor: 'boss', action: 'team.update', outcome: 'interrupted', target: 'teams/home' });
        expect(await fixture.audit.verify()).toMatchObject({ ok: true });
        await fixture.shut();
        await fixture.open();
        expect((await fixture.audit.list({ limit: 1 })).items[0]?.sequence).toBe(last?.sequence);
    });

    it('is not made when it cannot be noted before', async () => {
        fixture.intents.begin = () => {
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        };
        expect((await rename('On a full disk')).json()).toMatchObject({ code: 'storage-full' });
        expect(fixture.auth.rights.team('home')?.spec.displayName).not.toBe('On a full disk');
    });

    it('leaves nothing when it is done or refused', async () => {
        await rename('Fine');
        await fixture.call(await fixture.browser('boss'), 'updateTeam', { params: { team: 'home' }, body: { displayName: '' } });
        expect(new AuditIntents(join(fixture.folder, 'audit-intents.log')).interrupted).toEqual([]);
    });
});
