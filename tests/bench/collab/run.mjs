// npm run bench:collab: this server beside its peers, interleaved, one server at a time on core 0, the load on core 1.
//   --repeats N (5)  --seconds N (5)  --servers a,b  --rows 1,2  --documents N (1000000)
//   --workloads edits,presence,join,restart,history,idle,stored,replicas
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as Y from 'yjs';
import { history } from './history.mjs';
import { replicasMissing, withReplicas } from './replicas.mjs';
import { reconnectStorm } from './restart.mjs';
import { servers, startServer } from './servers.mjs';
import { idleDocuments, storedDocuments } from './stored.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
    options: {
        repeats: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        servers: { type: 'string', default: Object.keys(servers).join(',') },
        workloads: { type: 'string', default: 'edits,presence,join,restart,history,idle,stored,replicas' },
        rows: { type: 'string' },
        documents: { type: 'string', default: '1000000' },
    },
});
const repeats = Number(values.repeats);
const seconds = Number(values.seconds);
const names = values.servers.split(',');
const workloads = values.workloads.split(',');

const EDIT_ROWS = [
    { rooms: 20, clients: 5, perSecond: 160, target: 0.45 },
    { rooms: 20, clients: 5, perSecond: 40, target: 0.55 },
    { rooms: 20, clients: 5, perSecond: 10, target: 0.7 },
    { rooms: 2, clients: 50, perSecond: 2, target: 0.85 },
    { rooms: 200, clients: 2, perSecond: 10, target: 0.7 },
];

function measure(workload, server, options) {
    const pin = process.platform === 'linux' ? ['taskset', '-c', '1'] : [];
    const [command, ...args] = [...pin, process.execPath, join(here, 'load.mjs')];
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
        let text = '';
        child.stdout.on('data', (chunk) => (text += chunk));
        child.on('exit', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`The load ended with ${code}`))));
        const target = { port: server.port, protocol: server.protocol, basePath: server.basePath };
        child.stdin.end(JSON.stringify({ workload, target, pid: server.pid, options }));
    });
}

/** Runs a workload on every server in turn, `repeats` times over, so that drifts of the machine meet all alike. */
async function interleaved(workload, options) {
    const results = new Map(names.map((name) => [name, []]));
    for (let repeat = 0; repeat < repeats; repeat++) {
        for (const name of names) {
            const server = await startServer(name);
            try {
                results.get(name).push(await measure(workload, server, options));
            } catch (error) {
                console.log(`  ${name}: ${error.message}`);
            } finally {
                await server.stop();
            }
        }
    }
    return results;
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const format = (value) =>
    Number.isFinite(value) ? (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)) : '–';

function show(list, key, factor = 1) {
    const values = list
        .filter((result) => result[key] !== null)
        .map((result) => result[key] * factor)
        .filter(Number.isFinite);
    return values.length === 0 ? '–' : `${format(median(values))} (${format(Math.min(...values))}–${format(Math.max(...values))})`;
}

function table(title, columns, results, note) {
    console.log(`\n### ${title}\n`);
    console.log(`| server | ${columns.map((column) => column.label).join(' | ')} |`);
    console.log(`| --- | ${columns.map(() => '---').join(' | ')} |`);
    for (const name of names) {
        const list = results.get(name);
        console.log(`| ${servers[name].label} | ${columns.map((column) => show(list, column.key, column.factor)).join(' | ')} |`);
    }
    if (note) {
        console.log(`\n${note}`);
    }
}

function ratioTo(results, key, peers = names.filter((name) => name !== 'ours')) {
    const ours = median(results.get('ours')?.map((result) => result[key]) ?? []);
    const best = Math.min(...peers.map((name) => median(results.get(name).map((result) => result[key]))).filter(Number.isFinite));
    return ours / best;
}

if (workloads.includes('edits')) {
    const rows = values.rows ? values.rows.split(',').map((row) => EDIT_ROWS[Number(row) - 1]) : EDIT_ROWS;
    for (const { target, ...row } of rows) {
        const results = await interleaved('edits', { ...row, seconds });
        const ratio = ratioTo(results, 'cpuUsPerDelivery');
        table(
            `${row.rooms} rooms × ${row.clients} clients × ${row.perSecond} edits/s each`,
            [
                { label: 'CPU µs per delivery', key: 'cpuUsPerDelivery' },
                { label: 'delivery p50 ms', key: 'p50Ms' },
                { label: 'delivery p99 ms', key: 'p99Ms' },
                { label: 'acknowledgement p99 ms', key: 'ackP99Ms' },
                { label: 'delivered %', key: 'delivered', factor: 100 },
                { label: 'server core %', key: 'serverShare', factor: 100 },
                { label: 'load core %', key: 'loadShare', factor: 100 },
            ],
            results,
            `CPU against the better peer: ${format(ratio)} (wanted ≤ ${target}).`,
        );
    }
}

if (workloads.includes('presence')) {
    const results = await interleaved('presence', { clients: 200, perSecond: 5, typists: 10, seconds });
    table(
        'Presence: one room, 200 clients × 5 cursor moves/s, 10 of them typing',
        [
            { label: 'server core %', key: 'serverShare', factor: 100 },
            { label: 'cursor p50 ms', key: 'cursorP50Ms' },
            { label: 'cursor p99 ms', key: 'cursorP99Ms' },
            { label: 'edit p99 ms', key: 'editP99Ms' },
            { label: 'load core %', key: 'loadShare', factor: 100 },
        ],
        results,
        'Wanted: ≤ 25 % of a core, cursor p99 ≤ 150 ms, edit p99 ≤ 50 ms.',
    );
}

/** About 4.3 MB of typing at random places, the same for every server and run. */
function largeDocument() {
    const file = join(tmpdir(), 'tandem-collab-bench-large.bin');
    if (!existsSync(file)) {
        const doc = new Y.Doc();
        doc.clientID = 1;
        let state = 12345;
        const random = (maximum) => (state = (state * 1103515245 + 12345) % 2147483648) % maximum;
        const text = doc.getText('t');
        while (text.length < 1_480_000) {
            doc.transact(() => {
                for (let index = 0; index < 1000; index++) {
                    text.insert(random(text.length + 1), 'typed words ');
                }
            });
        }
        writeFileSync(file, Y.encodeStateAsUpdate(doc));
    }
    return file;
}

if (workloads.includes('join')) {
    const results = await interleaved('joinStorm', { clients: 100, updateFile: largeDocument() });
    table(
        'Join storm: 100 clients join a 4.3 MB document at once',
        [
            { label: 'joined p50 ms', key: 'p50Ms' },
            { label: 'joined p99 ms', key: 'p99Ms' },
            { label: 'CPU ms', key: 'cpuMs' },
            { label: 'peak RSS MiB', key: 'peakRssMiB' },
            { label: 'RSS held per byte', key: 'heldBytesPerByte' },
        ],
        results,
        `Against the better peer: p99 ${format(ratioTo(results, 'p99Ms'))} (≤ 0.25), CPU ${format(ratioTo(results, 'cpuMs'))} (≤ 0.15), peak RSS ${format(ratioTo(results, 'peakRssMiB'))} (≤ 0.4).`,
    );
}

if (workloads.includes('restart') && names.includes('ours')) {
    const { syncedMs, acknowledged, lost } = await reconnectStorm(500);
    console.log(
        `\n### Reconnect storm after kill -9\n\n500 clients synced again ${format(syncedMs)} ms after the restart; ${acknowledged} updates acknowledged, ${lost} lost.`,
    );
}

const oursIsMeasured = names.includes('ours');

if (workloads.includes('history') && oursIsMeasured) {
    const { results, operations, deleted, characters, bytes, entries } = await history(repeats);
    console.log(
        `\n### An editing history\n\n${operations} keystrokes, ${deleted} of them deletions; ${characters} characters, ${bytes} bytes, stored as a snapshot and ${entries - 1} single edits.\n` +
            `First client after a start (load from disk and serve): ${show(results, 'firstMs')} ms, of it server CPU ${show(results, 'firstCpuMs')}. Second client: ${show(results, 'secondMs')} ms, CPU ${show(results, 'secondCpuMs')}. Wanted: ≤ 50 ms each. ` +
            `A Y.Doc of it takes the client ${show(results, 'parseMs')} ms.`,
    );
}

if (workloads.includes('idle') && oursIsMeasured) {
    const { before, opened, after, cpuShare } = await idleDocuments(10_000);
    const mib = (bytes) => format(bytes / 2 ** 20);
    console.log(
        `\n### 10,000 documents that nobody has open\n\nResident ${mib(before.rss)} MiB before (${before.rooms} rooms), ${mib(opened.rss)} MiB when the last was left (${opened.rooms} rooms), ` +
            `${mib(after.rss)} MiB when they were idle (${after.rooms} rooms), with ${format(cpuShare * 100)} % of a core.`,
    );
}

if (workloads.includes('stored') && oursIsMeasured) {
    console.log(
        '\n### Start with many stored documents\n\n| documents | listening after ms | served one after ms | CPU ms | RSS MiB |\n| --- | --- | --- | --- | --- |',
    );
    for (const { size, results } of await storedDocuments(Number(values.documents), repeats)) {
        const cells = ['listeningMs', 'servedMs', 'cpuMs', 'rssMiB'].map((key) => show(results, key));
        console.log(`| ${size} | ${cells.join(' | ')} |`);
    }
}

if (workloads.includes('replicas') && oursIsMeasured) {
    const missing = replicasMissing();
    if (missing) {
        console.log(`\n### Two replicas\n\nNot measured: ${missing}.`);
    } else {
        const results = await withReplicas(async (pair) => {
            const list = [];
            for (let repeat = 0; repeat < repeats; repeat++) {
                list.push(
                    await measure('replicas', pair[0], {
                        name: `replicas-${repeat}`,
                        rooms: 20,
                        perSecond: 50,
                        seconds,
                        pids: pair.map(({ pid }) => pid),
                        ports: pair.map(({ port }) => port),
                    }),
                );
            }
            return list;
        });
        console.log(
            `\n### Two replicas over PostgreSQL and Redis, 2,000 updates/s\n\nFrom one replica to the other p50 ${show(results, 'p50Ms')} ms, p99 ${show(results, 'p99Ms')} ms (wanted ≤ 15); ` +
                `acknowledged p99 ${show(results, 'ackP99Ms')} ms; both replicas together ${show(results, 'serverShare', 100)} % of a core; ${show(results, 'delivered', 100)} % delivered; load core ${show(results, 'loadShare', 100)} %.`,
        );
    }
}
