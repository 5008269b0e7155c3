import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as Y from 'yjs';
import * as prng from 'lib0/prng';
import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { temporaryDirectory, waitFor } from './support.ts';

const kills = process.env.TANDEM_TEST_SIZE === 'full' ? 200 : 12;
const ROOMS = 4;
const main = new URL('../src/main.ts', import.meta.url).pathname;

async function start(directory: string, port: number): Promise<{ child: ChildProcess; url: string }> {
    const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', main, '--port', String(port), '--data', directory, '--auth', 'none'],
        {
            stdio: ['ignore', 'pipe', 'inherit'],
        },
    );
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    expect(line).toMatch(/^COLLAB READY ws:\/\/127\.0\.0\.1:\d+$/);
    return { child, url: line.slice('COLLAB READY '.length) };
}

/** Types as fast as it is acknowledged, in a window, and remembers what was acknowledged. */
class Typist {
    readonly doc: Y.Doc;
    readonly sent: Uint8Array[] = [];
    client: RawClient | undefined;
    readonly room: string;
    private window = 0;

    constructor(room: string, clientId: number) {
        this.room = room;
        this.doc = new Y.Doc();
        this.doc.clientID = clientId;
    }

    /** Updates that were acknowledged on this connection, in order: the server answers in the order of arrival. */
    run(url: string): void {
        const client = new RawClient(url, this.room);
        this.client = client;
        const first = this.sent.length;
        this.window = 0;
        client.socket.once('open', () => {
            for (let index = 0; index < 8; index++) {
                this.type();
            }
        });
        client.onAcknowledged = () => {
            this.acknowledgedTotal = first + client.acknowledged;
            this.type();
        };
    }

    acknowledgedTotal = 0;

    private type(): void {
        const text = this.doc.getText('t');
        const before = Y.encodeStateVector(this.doc);
        text.insert(text.length, `${this.doc.clientID}:${this.sent.length};`);
        const update = Y.encodeStateAsUpdate(this.doc, before);
        this.sent.push(update);
        this.window++;
        this.client?.update(update);
    }
}

describe('kill -9', () => {
    it(
        `[D1] at any moment loses no acknowledged update (${kills} kills)`,
        async () => {
            const seed = Number(process.env.TANDEM_TEST_SEED ?? Date.now() % 1_000_000);
            const random = prng.create(seed);
            const directory = temporaryDirectory();
            let acknowledged = 0;
            let clientId = 1;
            const oracle = new Map<string, Uint8Array[]>();
            let running = await start(directory, 0);
            const port = Number(new URL(running.url).port);
            for (let kill = 0; kill < kills; kill++) {
                const typists = Array.from({ length: ROOMS }, (_, room) => new Typist(`kill/${room}`, clientId++));
                typists.forEach((typist) => typist.run(running.url));
                const delayMs = 60 + prng.int32(random, 0, 300);
                await new Promise((resolve) => setTimeout(resolve, delayMs));
                running.child.kill('SIGKILL');
                await once(running.child, 'exit');
                for (const typist of typists) {
                    await waitFor('the socket to break', () => typist.client?.closeCode !== undefined);
                    const kept = oracle.get(typist.room) ?? [];
                    // Every acknowledgement that reached the client counts, and nothing it merely sent.
                    kept.push(...typist.sent.slice(0, typist.acknowledgedTotal));
                    acknowledged += typist.acknowledgedTotal;
                    oracle.set(typist.room, kept);
                }
                running = await start(directory, port);
                for (const [room, updates] of oracle) {
                    const reader = new RawClient(running.url, room);
                    await waitFor('the document', () => reader.synced);
                    const doc = new Y.Doc();
                    reader.updates.forEach((update) => Y.applyUpdate(doc, update));
                    const vector = Y.decodeStateVector(Y.encodeStateVector(doc));
                    const wanted = Y.decodeStateVector(
                        Y.encodeStateVectorFromUpdate(Y.mergeUpdates(updates.length > 0 ? updates : [Uint8Array.of(0, 0)])),
                    );
                    for (const [client, clock] of wanted) {
                        expect(
                            vector.get(client) ?? 0,
                            `seed ${seed}, kill ${kill}, room ${room}, client ${client}`,
                        ).toBeGreaterThanOrEqual(clock);
                    }
                    reader.close();
                }
            }
            const exit = once(running.child, 'exit');
            running.child.kill('SIGTERM');
            expect(await exit).toEqual([0, null]);
            expect(acknowledged).toBeGreaterThan(kills * 20);
            console.log(`${kills} kills, ${acknowledged} updates acknowledged, 0 lost`);
        },
        kills * 10_000,
    );
});
