import { once } from 'node:events';
import { createLogger } from '@tandem/server-kit';
import * as prng from 'lib0/prng';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { PostgresUpdateLog } from '../src/log/postgres-update-log.ts';
import { Backends, kill } from './backends.ts';
import { startService, waitFor } from './support.ts';
import { missingFrom, startProcess, Typist, type Oracle } from './typist.ts';

const rounds = process.env.TANDEM_TEST_SIZE === 'full' ? 60 : 6;
const logger = createLogger({ name: 'collab', level: 'silent' });

describe.skipIf(!Backends.areAvailable)('two replicas', () => {
    const backends = new Backends();
    let url = '';
    beforeAll(async () => {
        await backends.start();
        url = await backends.createDatabase();
    }, 120_000);
    afterAll(() => backends.stop());

    const start = async () =>
        startService({
            log: await PostgresUpdateLog.open({ postgresUrl: url, redisUrl: backends.redisUrl, logger }),
            limits: { commitBeatMs: 3 },
        });

    async function twoReplicas() {
        const [a, b] = [await start(), await start()];
        const clientA = new CollabSocket({ url: `${a.url}/hocuspocus` });
        const clientB = new CollabSocket({ url: `${b.url}/hocuspocus` });
        return {
            a,
            b,
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

    it('[S2] lose nothing when PostgreSQL is killed and comes back, and go on meanwhile', async () => {
        const { a, clientA, clientB, close } = await twoReplicas();
        const onA = clientA.open('postgres');
        const onB = clientB.open('postgres');
        await Promise.all([onA.whenSynced(), onB.whenSynced()]);
        const neighbour = new CollabSocket({ url: `${a.url}/hocuspocus` });
        const beside = neighbour.open('postgres');
        await beside.whenSynced();
        await backends.killPostgres();
        onA.doc.getText('t').insert(0, 'from a, ');
        onB.doc.getText('t').insert(0, 'from b, ');
        await waitFor('others on the same replica see it', () => beside.doc.getText('t').toString() === 'from a, ');
        await waitFor('it is not ready', async () => (await fetch(`${a.http}/readyz`)).status === 503);
        expect(onA.durable || onB.durable).toBe(false);
        await backends.startPostgres();
        await Promise.all([onA.whenDurable(), onB.whenDurable()]);
        await waitFor('both to agree', () => {
            const [left, right] = [onA.doc.getText('t').toString(), onB.doc.getText('t').toString()];
            return left.length === 16 && left === right;
        });
        const third = await start();
        expect((await third.service.documents.readJson('postgres')).t).toBe(onA.doc.getText('t').toString());
        neighbour.close();
        await third.close();
        await close();
    }, 120_000);

    it('[S4] forget on all of them what was purged on one while Redis was away, and acknowledge nothing that purging loses', async () => {
        const { a, b, clientA, clientB, close } = await twoReplicas();
        const onA = clientA.open('secret');
        const onB = clientB.open('secret');
        await Promise.all([onA.whenSynced(), onB.whenSynced()]);
        onB.doc.getText('t').insert(0, 'TOP-SECRET-VALUE');
        await waitFor('a has it', () => onA.doc.getText('t').length === 16);
        onB.doc.getText('t').delete(0, 16);
        await onB.whenDurable();
        await backends.killRedis();
        // Somebody goes on typing on the other replica while this one rewrites.
        const typist = new Typist('secret', 7);
        typist.run(b.url);
        await waitFor('typing', () => typist.acknowledgedTotal > 10);
        await a.service.documents.purge('secret');
        await waitFor('the reset on both', () => onA.state === 'reset' && onB.state === 'reset');
        typist.stop();
        await backends.startRedis();
        const oracle: Oracle = new Map();
        typist.note(oracle);
        expect(await missingFrom(b.url, 'secret', oracle.get('secret')!)).toEqual([]);
        typist.client?.close();
        await (await b.service.rooms.acquire('secret')).compact();
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        const { rows } = await client.query<{ data: Buffer }>('SELECT data FROM collab.entry');
        await client.end();
        expect(Buffer.concat(rows.map(({ data }) => data)).includes('TOP-SECRET')).toBe(false);
        await close();
    }, 120_000);

    it(
        `[S5] lose nothing acknowledged when a replica, Redis or PostgreSQL is killed and comes back (${rounds} rounds)`,
        async () => {
            const seed = Number(process.env.TANDEM_TEST_SEED ?? Date.now() % 1_000_000);
            const random = prng.create(seed);
            const place = ['--postgres', url, '--redis', backends.redisUrl];
            const replicas = [await startProcess(...place), await startProcess(...place)];
            const oracle: Oracle = new Map();
            let clientId = 1;
            let acknowledged = 0;
            for (let round = 0; round < rounds; round++) {
                const victim = (['replica', 'Redis', 'PostgreSQL'] as const)[round % 3];
                const typists = replicas.flatMap(({ url }, on) =>
                    Array.from({ length: 3 }, (_, room) => ({ on, typist: new Typist(`shared/${room}`, clientId++), url })),
                );
                typists.forEach(({ typist, url }) => typist.run(url));
                await waitFor('everybody to type', () => typists.every(({ typist }) => typist.acknowledgedTotal > 0));
                await new Promise((resolve) => setTimeout(resolve, prng.int32(random, 0, 200)));
                const killed = prng.int32(random, 0, 1);
                if (victim === 'replica') {
                    const { child, url } = replicas[killed]!;
                    await kill(child);
                    await waitFor('its sockets to break', () =>
                        typists.every(({ on, typist }) => on !== killed || typist.client?.closeCode !== undefined),
                    );
                    replicas[killed] = await startProcess(...place, '--port', new URL(url).port);
                } else if (victim === 'Redis') {
                    await backends.killRedis();
                    await new Promise((resolve) => setTimeout(resolve, prng.int32(random, 0, 300)));
                    await backends.startRedis();
                } else {
                    await backends.killPostgres();
                    await new Promise((resolve) => setTimeout(resolve, prng.int32(random, 0, 300)));
                    await backends.startPostgres();
                }
                typists.forEach(({ typist }) => typist.stop());
                for (const { typist } of typists) {
                    await waitFor(
                        'every living socket to have its acknowledgements',
                        () => typist.client?.closeCode !== undefined || typist.acknowledgedTotal === typist.sent.length,
                    );
                    typist.note(oracle);
                    acknowledged += typist.acknowledgedTotal;
                    typist.client?.close();
                }
                for (const [room, clocks] of oracle) {
                    for (const { url } of replicas) {
                        await waitFor(`seed ${seed}, round ${round}: ${room} at ${url}`, async () => {
                            return (await missingFrom(url, room, clocks)).length === 0;
                        });
                    }
                }
            }
            const fresh = await startProcess(...place);
            for (const [room, clocks] of oracle) {
                expect(await missingFrom(fresh.url, room, clocks), `seed ${seed}, ${room}`).toEqual([]);
            }
            for (const { child } of [...replicas, fresh]) {
                const exit = once(child, 'exit');
                child.kill('SIGTERM');
                expect(await exit).toEqual([0, null]);
            }
            console.log(`${rounds} kills, ${acknowledged} updates acknowledged, 0 lost`);
        },
        rounds * 30_000,
    );
});
