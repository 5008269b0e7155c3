// How long it takes to make a started workspace somebody's: from the request to 200 on its own address.
//
//   npm run bench:claim [-- --claims 200 --pool 4 --url http://… --sign-in http://…]
//
// Without --url the built platform is started on a data directory of its own. Each claim is of a pool member; between
// two claims the benchmark waits for the refill, and the workspace is deleted again.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Platform, cookiesOf, send } from './claim-client.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values } = parseArgs({
    options: {
        claims: { type: 'string', default: '200' },
        pool: { type: 'string', default: '4' },
        port: { type: 'string', default: '0' },
        'sign-in': { type: 'string' },
    },
});
const claims = Number(values.claims);
const pool = Number(values.pool);
const TARGET_MS = { p50: 100, p99: 250 };

async function startPlatform() {
    const data = await mkdtemp(join(tmpdir(), 'tandem-bench-claim-'));
    const args = [
        'packages/platform/bin/tandem-platform.mjs',
        '--port',
        values.port,
        '--data',
        data,
        '--no-open',
        '--pool-size',
        String(pool),
    ];
    const child = spawn(process.execPath, args, {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, TANDEM_LOG_LEVEL: 'warn' },
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
    const signIn = await new Promise((resolve, reject) => {
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (chunk) => {
            output += chunk;
            const found = /^TANDEM SIGN-IN (\S+)$/m.exec(output);
            if (found) {
                resolve(found[1]);
            }
        });
        child.once('exit', (code) => reject(new Error(`the platform ended with ${code}:\n${errors}`)));
    });
    return {
        signIn,
        async stop() {
            child.removeAllListeners('exit');
            const ended = new Promise((resolve) => child.once('exit', resolve));
            child.kill('SIGTERM');
            await ended;
            await rm(data, { recursive: true, force: true });
        },
    };
}

async function until(condition, what) {
    const deadline = performance.now() + 120_000;
    while (!(await condition())) {
        if (performance.now() > deadline) {
            throw new Error(`waited two minutes for ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];

async function claimOne(platform) {
    const started = performance.now();
    const workspace = await platform.call('POST', '/teams/home/workspaces', {});
    const created = performance.now();
    const { name } = workspace.metadata;
    const { url } = await platform.call('POST', `/teams/home/workspaces/${name}/open`, {});
    const opened = performance.now();
    const entered = await send(new URL(url));
    const handedOver = performance.now();
    // The address says that the workspace is starting until it is activated; a browser asks again, and so does this.
    let page;
    do {
        page = await send(new URL(entered.headers.location ?? '/', url), { headers: { cookie: cookiesOf(entered) } });
    } while (page.status === 503 && performance.now() - started < 30_000);
    const answered = performance.now();
    if (page.status !== 200) {
        throw new Error(`${name} answered ${page.status}: ${page.text.slice(0, 300)}`);
    }
    const now = await platform.call('GET', `/teams/home/workspaces/${name}`);
    return {
        name,
        created: created - started,
        opened: opened - created,
        handedOver: handedOver - opened,
        page: answered - handedOver,
        answered: answered - started,
        launch: now.status.claim?.launch,
    };
}

/** What is left of the pool would outlive the platform. */
async function emptyPool(platform) {
    const [{ metadata, spec }] = (await platform.call('GET', '/teams/home/pools')).items;
    await platform.call('PUT', `/teams/home/pools/${metadata.name}`, { template: spec.templateRef, size: 0 });
    const left = async () => (await platform.call('GET', '/teams/home/pools')).items[0]?.status;
    await until(async () => (({ ready, starting }) => ready + starting === 0)(await left()), 'the pool to be empty');
}

async function main() {
    const own = values['sign-in'] === undefined ? await startPlatform() : undefined;
    const results = [];
    let platform;
    try {
        platform = await Platform.signIn(own?.signIn ?? values['sign-in']);
        const ready = async () => (await platform.call('GET', '/teams/home/pools')).items[0]?.status.ready >= Math.min(pool, 2);
        for (let index = 0; index < claims; index += 1) {
            await until(ready, 'the refill of the pool');
            const result = await claimOne(platform);
            results.push(result);
            await platform.call('DELETE', `/teams/home/workspaces/${result.name}`, { confirmName: result.name });
            if ((index + 1) % 20 === 0) {
                console.log(`${index + 1} of ${claims} claims`);
            }
        }
    } finally {
        if (own !== undefined) {
            await emptyPool(platform).catch((error) => console.error(error.message));
            await own.stop();
        }
    }
    report(results);
}

function report(results) {
    const warm = results.filter(({ launch }) => launch === 'warm').length;
    console.log(`${results.length} claims, ${warm} of them warm; load of the machine ${loadavg()[0].toFixed(1)}`);
    for (const [title, key] of [
        ['request → claimed', 'created'],
        ['  asked to open', 'opened'],
        ['  handed over', 'handedOver'],
        ['  first page', 'page'],
        ['request → 200 on its address', 'answered'],
    ]) {
        const sorted = results.map((result) => result[key]).sort((a, b) => a - b);
        const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentile(sorted, share).toFixed(0));
        console.log(`${title}: p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, worst ${sorted.at(-1).toFixed(0)} ms`);
    }
    const sorted = results.map(({ answered }) => answered).sort((a, b) => a - b);
    const met = percentile(sorted, 0.5) <= TARGET_MS.p50 && percentile(sorted, 0.99) <= TARGET_MS.p99 && warm === results.length;
    console.log(`target p50 ≤ ${TARGET_MS.p50} ms, p99 ≤ ${TARGET_MS.p99} ms: ${met ? 'met' : 'NOT met'}`);
    process.exitCode = met ? 0 : 1;
}

await main();
