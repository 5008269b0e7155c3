import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as prng from 'lib0/prng';
import * as Y from 'yjs';
import { SqliteUpdateLog } from '@tandem/collab-server';
import { RawClient } from './raw-client.mjs';
import { cpuNs, startServer } from './servers.mjs';

const OPERATIONS = 260_000;
/** A log is folded into a snapshot after 500 entries; before that a load has to read them all. */
const TAIL = 490;
const WORDS =
    'the of and a to in is for that with as on by we this an be are it from which can or not our at have paper text edit server'.split(' ');

/**
 * An editing history as a person makes one, one keystroke to an operation: words typed at the cursor, mistakes taken back,
 * jumps to other places, passages deleted. As many operations, and about as many of them deletions, as in the trace of
 * crdt-benchmarks' B4, which no package ships.
 */
export function recordHistory(seed = 4) {
    const random = prng.create(seed);
    const doc = new Y.Doc();
    doc.clientID = 4;
    const text = doc.getText('t');
    const tail = [];
    let head;
    let cursor = 0;
    let operations = 0;
    let deleted = 0;
    doc.on('update', (update) => {
        operations++;
        if (operations === OPERATIONS - TAIL) {
            head = Y.encodeStateAsUpdate(doc);
        } else if (operations > OPERATIONS - TAIL) {
            tail.push(update);
        }
    });
    const type = (character) => {
        if (operations < OPERATIONS) {
            text.insert(cursor++, character);
        }
    };
    const erase = (count) => {
        for (let left = Math.min(count, cursor); left > 0 && operations < OPERATIONS; left--) {
            text.delete(--cursor, 1);
            deleted++;
        }
    };
    while (operations < OPERATIONS) {
        for (let words = prng.int32(random, 1, 12); words > 0; words--) {
            const word = `${WORDS[prng.int32(random, 0, WORDS.length - 1)]} `;
            [...word].forEach(type);
            if (prng.real53(random) < 0.25) {
                const wrong = prng.int32(random, 1, word.length);
                erase(wrong);
                [...word.slice(word.length - wrong)].forEach(type);
            }
        }
        const next = prng.real53(random);
        if (next < 0.05) {
            cursor = prng.int32(random, 0, text.length);
        } else if (next < 0.17) {
            erase(prng.int32(random, 20, 120));
        } else if (next < 0.22) {
            type('\n');
        }
    }
    return { head, tail, deleted, text: text.toString(), update: Y.encodeStateAsUpdate(doc) };
}

async function timedJoin(server, writer) {
    const cpuBefore = cpuNs(server.pid);
    const startedAt = performance.now();
    const client = new RawClient({ port: server.port, protocol: 'hocuspocus', room: 'history', writer });
    let answer;
    const { message } = client;
    client.message = function (payload) {
        const at = this.prefix.length;
        if (answer === undefined && payload[at] === 0 && payload[at + 1] === 1) {
            answer = Buffer.from(payload.subarray(at + 2));
        }
        return message.call(this, payload);
    };
    client.handshake(server.basePath);
    await client.whenSynced;
    const ms = performance.now() - startedAt;
    const cpuMs = (cpuNs(server.pid) - cpuBefore) / 1e6;
    let at = 0;
    while (answer[at++] & 0x80);
    return { client, ms, cpuMs, update: answer.subarray(at) };
}

/** A server with that history in its store, started afresh each time: the first client's wait, and the second's. */
export async function history(repeats) {
    const { head, tail, deleted, text, update } = recordHistory();
    const data = mkdtempSync(join(tmpdir(), 'collab-bench-history-'));
    const log = await SqliteUpdateLog.open(data);
    await log.append([{ room: 'history', updates: [head] }]);
    for (const each of tail) {
        await log.append([{ room: 'history', updates: [each] }]);
    }
    await log.close();
    const results = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
        const server = await startServer('ours', { data });
        // Another room first: what is measured is the document, not the first use of the code.
        const warm = new RawClient({ port: server.port, protocol: 'hocuspocus', room: 'other', writer: 9 });
        warm.handshake(server.basePath);
        await warm.whenSynced;
        const first = await timedJoin(server, 1);
        const second = await timedJoin(server, 2);
        const doc = new Y.Doc();
        const parseAt = performance.now();
        Y.applyUpdate(doc, second.update);
        const parseMs = performance.now() - parseAt;
        if (doc.getText('t').toString() !== text) {
            throw new Error('The second client got another text than was typed.');
        }
        results.push({ firstMs: first.ms, firstCpuMs: first.cpuMs, secondMs: second.ms, secondCpuMs: second.cpuMs, parseMs });
        [warm, first.client, second.client].forEach((client) => client.close());
        await server.stop('SIGTERM', repeat < repeats - 1);
    }
    return { results, operations: OPERATIONS, deleted, characters: text.length, bytes: update.length, entries: tail.length + 1 };
}
