// npm test: every test that needs no cluster. `--full` runs the repeating suites at full size, `--unit` and `--e2e` a part.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './lib/build-steps.mjs';
import { ensureChromium, ensureServices, ensureToolchains } from './lib/ensure-tools.mjs';
import { requirePinnedNode } from './lib/node-version.mjs';

requirePinnedNode();
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const say = (text) => console.log(text);
const flags = new Set(process.argv.slice(2));
const all = !flags.has('--unit') && !flags.has('--e2e');
const requireAll = process.env.TANDEM_REQUIRE_ALL === '1' || process.env.CI === 'true';
const results = join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const env = {
    ...process.env,
    TANDEM_TEST_SIZE: flags.has('--full') ? 'full' : (process.env.TANDEM_TEST_SIZE ?? 'sample'),
};
const notRun = [];

function start(command, args, extraEnv) {
    return new Promise((resolve) => {
        const child = spawn(command, args, { cwd: root, env: { ...env, ...extraEnv }, stdio: 'inherit' });
        child.on('exit', (code, signal) => resolve(signal ? 1 : code));
    });
}

async function unitTests() {
    const report = join(results, 'unit.json');
    const code = await start(process.execPath, [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
    ]);
    const counts = { passed: 0, failed: 0, skipped: 0 };
    if (existsSync(report)) {
        const data = JSON.parse(readFileSync(report, 'utf8'));
        Object.assign(counts, { passed: data.numPassedTests, failed: data.numFailedTests, skipped: data.numPendingTests });
    }
    return { code, counts };
}

async function browserTests(chromium) {
    const report = join(results, 'e2e.json');
    const code = await start(
        process.execPath,
        [join(root, 'node_modules/@playwright/test/cli.js'), 'test', '-c', 'playwright.config.ts', '--reporter=list,json'],
        { PLAYWRIGHT_JSON_OUTPUT_NAME: report, TANDEM_CHROMIUM: chromium },
    );
    const counts = { passed: 0, failed: 0, skipped: 0 };
    if (existsSync(report)) {
        const { stats } = JSON.parse(readFileSync(report, 'utf8'));
        Object.assign(counts, { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped });
    }
    return { code, counts };
}

try {
    const missing = await ensureServices(say);
    missing.forEach((name) => notRun.push(`suites that need ${name}: it is not installed`));
    env.TANDEM_MISSING_SERVICES = missing.join(',');
    await buildStale(root, { say });
    const outcomes = [];
    if (all || flags.has('--unit')) {
        outcomes.push(await unitTests());
    }
    if (all || flags.has('--e2e')) {
        const chromium = await ensureChromium(root, say);
        if (chromium) {
            const tools = env.TANDEM_TEST_SIZE === 'full' ? await ensureToolchains(say) : [];
            tools.forEach((name) => notRun.push(`browser tests that need ${name}: it is not installed`));
            outcomes.push(await browserTests(chromium));
        } else {
            notRun.push('browser tests: no Chromium found and none could be installed (set TANDEM_CHROMIUM to one)');
        }
    }
    const sum = (key) => outcomes.reduce((total, outcome) => total + outcome.counts[key], 0);
    const crashed = outcomes.some((outcome) => outcome.code !== 0);
    notRun.forEach((text) => say(`Not run: ${text}`));
    const skipped = sum('skipped');
    // A plain closing line that people and CI read alike.
    say(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    process.exit(crashed || (requireAll && notRun.length > 0) ? 1 : 0);
} catch (error) {
    console.error(error.message);
    process.exit(1);
}
