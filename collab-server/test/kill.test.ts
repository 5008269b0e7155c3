import { once } from 'node:events';
import * as prng from 'lib0/prng';
import { describe, expect, it } from 'vitest';
import { missingFrom, startProcess, Typist, type Oracle } from './typist.ts';
import { temporaryDirectory, waitFor } from './support.ts';

const kills = process.env.TANDEM_TEST_SIZE === 'full' ? 200 : 12;
const ROOMS = 4;

describe('kill -9', () => {
    it(
        `[D1] at any moment loses no acknowledged update (${kills} kills)`,
        async () => {
            const seed = Number(process.env.TANDEM_TEST_SEED ?? Date.now() % 1_000_000);
            const random = prng.create(seed);
            const directory = temporaryDirectory();
            let acknowledged = 0;
            let clientId = 1;
            const oracle: Oracle = new Map();
            let running = await startProcess('--data', directory);
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
                    acknowledged += typist.acknowledgedTotal;
                    typist.note(oracle);
                }
                running = await startProcess('--data', directory, '--port', String(port));
                for (const [room, clocks] of oracle) {
                    expect(await missingFrom(running.url, room, clocks), `seed ${seed}, kill ${kill}, room ${room}`).toEqual([]);
                }
            }
            const exit = once(running.child, 'exit');
            running.child.kill('SIGTERM');
            expect(await exit).toEqual([0, null]);
            expect(acknowledged).toBeGreaterThan(kills * 20);
            console.log(`${kills} kills, ${acknowledged} updates acknowledged, 0 lost`);
        },
        // For a machine that is busy with other things: each round starts the server anew.
        kills * 30_000,
    );
});
