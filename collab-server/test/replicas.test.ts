import { createLogger } from '@tandem/server-kit';
import * as Y from 'yjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { PostgresStore } from '../src/log/postgres-store.ts';
import { PostgresUpdateLog } from '../src/log/postgres-update-log.ts';
import { describeUpdateLog } from '../src/log/update-log-contract.ts';
import { Backends } from './backends.ts';
import { startService, waitFor } from './support.ts';

const logger = createLogger({ name: 'collab', level: 'silent' });

describe.skipIf(!Backends.areAvailable)('with PostgreSQL and Redis', () => {
    const backends = new Backends();
    beforeAll(() => backends.start(), 60_000);
    afterAll(() => backends.stop());

    const open = (postgresUrl: string) => PostgresUpdateLog.open({ postgresUrl, redisUrl: backends.redisUrl, logger });

    describeUpdateLog('PostgreSQL', async () => {
        const url = await backends.createDatabase();
        return { open: () => open(url), dispose: () => Promise.resolve() };
    });

    /** A log that has `x` open, and what it heard. Without Redis, so that only comparing with the database brings anything over. */
    async function openAlone(postgresUrl: string) {
        const log = await PostgresUpdateLog.open({ postgresUrl, redisUrl: 'redis://127.0.0.1:1', logger });
        const got: number[] = [];
        const resets: string[] = [];
        const ignore = () => undefined;
        log.listen({
            onUpdates: (_room, updates) => updates.every((update) => got.push(update[0] as number)),
            openRooms: () => ['x'],
            onPresence: ignore,
            onPresenceRequest: ignore,
            onReplicaGone: ignore,
            onReset: (room) => resets.push(room),
        });
        await log.load('x');
        return { log, got, resets };
    }

    it('[S3] takes in what another replica folded into an entry whose number was known here', async () => {
        const postgresUrl = await backends.createDatabase();
        const [a, b] = [await openAlone(postgresUrl), await openAlone(postgresUrl)];
        await b.log.append([{ room: 'x', updates: [Uint8Array.of(1)] }]);
        await a.log.append([{ room: 'x', updates: [Uint8Array.of(2)] }]);
        // All of it before `a` compares for the first time, or it hears of the entry before that is folded.
        expect((await b.log.load('x')).map(([byte]) => byte)).toEqual([1, 2]);
        await b.log.compact('x', Uint8Array.of(12));
        await waitFor('a has what b wrote', () => a.got.includes(12) || a.got.includes(1), 5_000);
        await a.log.close();
        await b.log.close();
    });

    it('[S3] takes a room for no other one because its first edit was stored while positions were asked for', async () => {
        const postgresUrl = await backends.createDatabase();
        let asked = 0;
        let answer: () => void = () => undefined;
        const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
        const { positions } = PostgresStore.prototype;
        vi.spyOn(PostgresStore.prototype, 'positions').mockImplementation(async function (this: PostgresStore, rooms) {
            const found = await positions.call(this, rooms);
            asked++;
            await mayAnswer;
            return found;
        });
        try {
            const { log, resets } = await openAlone(postgresUrl);
            await waitFor('an answer on its way', () => asked === 1);
            await log.append([{ room: 'x', updates: [Uint8Array.of(1)] }]);
            answer();
            await waitFor('the next comparison', () => asked === 2);
            expect(resets).toEqual([]);
            await log.close();
        } finally {
            vi.restoreAllMocks();
        }
    });

    describe('two replicas', () => {
        async function replicas() {
            const url = await backends.createDatabase();
            const start = async () => startService({ log: await open(url), limits: { commitBeatMs: 3 } });
            const [a, b] = [await start(), await start()];
            const clientA = new CollabSocket({ url: `${a.url}/hocuspocus` });
            const clientB = new CollabSocket({ url: `${b.url}/hocuspocus` });
            return {
                a,
                b,
                url,
                start,
                clientA,
                clientB,
                close: async () => {
                    clientA.close();
                    clientB.close();
                    await a.close();
                    await b.close();
                },
            };
        }

        it('[S1] share edits and presence, whichever a client is on', async () => {
            const { clientA, clientB, a, close } = await replicas();
            const onA = clientA.open('shared');
            const onB = clientB.open('shared');
            await Promise.all([onA.whenSynced(), onB.whenSynced()]);
            for (let index = 0; index < 100; index++) {
                onA.doc.getText('t').insert(0, 'a');
                onB.doc.getText('t').insert(0, 'b');
            }
            await waitFor(
                'both to agree',
                () => onA.doc.getText('t').length === 200 && onA.doc.getText('t').toString() === onB.doc.getText('t').toString(),
            );
            onA.awareness.setLocalStateField('user', { name: 'on A' });
            await waitFor('presence across', () => onB.awareness.getStates().has(onA.doc.clientID));
            const { clientID } = onA.doc;
            expect(a.service.rooms.find('shared')?.members.size).toBe(1);
            onA.close();
            await waitFor('the leave across', () => !onB.awareness.getStates().has(clientID));
            await close();
        });

        it('[S2] lose nothing when Redis is killed and comes back', async () => {
            const { clientA, clientB, close } = await replicas();
            const onA = clientA.open('redis');
            const onB = clientB.open('redis');
            await Promise.all([onA.whenSynced(), onB.whenSynced()]);
            await backends.killRedis();
            onA.doc.getText('t').insert(0, 'without Redis');
            await onA.whenDurable();
            await waitFor('b gets it from the database', () => onB.doc.getText('t').toString() === 'without Redis');
            await backends.startRedis();
            onB.doc.getText('t').insert(0, 'again ');
            await waitFor('a gets it', () => onA.doc.getText('t').toString() === 'again without Redis');
            await close();
        });

        it('[S3] fold the log while both write, and a third replica finds everything', async () => {
            const { a, b, start, clientA, clientB, close } = await replicas();
            const onA = clientA.open('fold');
            const onB = clientB.open('fold');
            await Promise.all([onA.whenSynced(), onB.whenSynced()]);
            for (let round = 0; round < 20; round++) {
                onA.doc.getText('t').insert(0, `a${round};`);
                onB.doc.getText('t').insert(0, `b${round};`);
                if (round % 5 === 4) {
                    await Promise.all([onA.whenDurable(), onB.whenDurable()]);
                    await Promise.all([a.service.rooms.find('fold')?.compact(), b.service.rooms.find('fold')?.compact()]);
                }
            }
            await Promise.all([onA.whenDurable(), onB.whenDurable()]);
            const third = await start();
            const room = await third.service.rooms.acquire('fold');
            const doc = new Y.Doc();
            Y.applyUpdate(doc, room.state.encode());
            for (let round = 0; round < 20; round++) {
                expect(doc.getText('t').toString()).toContain(`a${round};`);
                expect(doc.getText('t').toString()).toContain(`b${round};`);
            }
            await third.close();
            await close();
        });
    });
});
