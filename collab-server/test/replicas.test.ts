import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@tandem/server-kit';
import * as Y from 'yjs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { PostgresUpdateLog } from '../src/log/postgres-update-log.ts';
import { describeUpdateLog } from '../src/log/update-log-contract.ts';
import { startService, waitFor } from './support.ts';

const postgresHome = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql')
          .map((version) => `/usr/lib/postgresql/${version}/bin`)
          .find((directory) => existsSync(join(directory, 'initdb')))
    : undefined;
const isRoot = process.getuid?.() === 0;
const available = postgresHome !== undefined && existsSync('/usr/bin/redis-server') && isRoot;
const logger = createLogger({ name: 'collab', level: 'silent' });

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
}

const reachable = (port: number) =>
    new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
            socket.destroy();
            resolve(true);
        });
        socket.on('error', () => resolve(false));
    });

/** Real PostgreSQL and Redis of this machine's packages, in a directory of their own. */
class Backends {
    readonly directory = mkdtempSync(join(tmpdir(), 'tandem-pg-'));
    postgresPort = 0;
    redisPort = 0;
    private postgres: ChildProcess | undefined;
    private redis: ChildProcess | undefined;

    async start(): Promise<void> {
        chmodSync(this.directory, 0o777);
        const data = join(this.directory, 'data');
        this.postgresPort = await freePort();
        this.redisPort = await freePort();
        execFileSync(
            'runuser',
            ['-u', 'postgres', '--', join(postgresHome as string, 'initdb'), '-D', data, '-A', 'trust', '-U', 'postgres'],
            { stdio: 'ignore' },
        );
        await this.startPostgres();
        await this.startRedis();
    }

    async startPostgres(): Promise<void> {
        const options = ['-D', join(this.directory, 'data'), '-p', String(this.postgresPort), '-h', '127.0.0.1', '-k', this.directory];
        this.postgres = spawn('runuser', ['-u', 'postgres', '--', join(postgresHome as string, 'postgres'), ...options], {
            stdio: 'ignore',
        });
        await waitFor('PostgreSQL', async () => {
            const client = new pg.Client({ connectionString: this.postgresUrl('postgres') });
            try {
                await client.connect();
                await client.end();
                return true;
            } catch {
                return false;
            }
        });
    }

    async startRedis(): Promise<void> {
        this.redis = spawn(
            '/usr/bin/redis-server',
            ['--port', String(this.redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', this.directory],
            { stdio: 'ignore' },
        );
        await waitFor('Redis', () => reachable(this.redisPort));
    }

    killRedis(): Promise<void> {
        return kill(this.redis);
    }

    postgresUrl(database: string): string {
        return `postgres://postgres@127.0.0.1:${this.postgresPort}/${database}`;
    }

    get redisUrl(): string {
        return `redis://127.0.0.1:${this.redisPort}`;
    }

    async createDatabase(): Promise<string> {
        const name = `t${Math.random().toString(36).slice(2)}`;
        const client = new pg.Client({ connectionString: this.postgresUrl('postgres') });
        await client.connect();
        await client.query(`CREATE DATABASE ${name}`);
        await client.end();
        return this.postgresUrl(name);
    }

    async stop(): Promise<void> {
        await kill(this.redis);
        // The child is runuser; the server itself is told through its own tool.
        execFileSync(
            'runuser',
            ['-u', 'postgres', '--', join(postgresHome as string, 'pg_ctl'), '-D', join(this.directory, 'data'), '-m', 'immediate', 'stop'],
            {
                stdio: 'ignore',
            },
        );
        await kill(this.postgres);
        rmSync(this.directory, { recursive: true, force: true });
    }
}

async function kill(child: ChildProcess | undefined): Promise<void> {
    if (child && child.exitCode === null && child.signalCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
    }
}

describe.skipIf(!available)('with PostgreSQL and Redis', () => {
    const backends = new Backends();
    beforeAll(() => backends.start(), 60_000);
    afterAll(() => backends.stop());

    const open = (postgresUrl: string) => PostgresUpdateLog.open({ postgresUrl, redisUrl: backends.redisUrl, logger });

    describeUpdateLog('PostgreSQL', async () => {
        const url = await backends.createDatabase();
        return { open: () => open(url), dispose: () => Promise.resolve() };
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
