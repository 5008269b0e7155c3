/**
 * npm run profile:ide [-- --visits N --top N]
 *
 * Where the start of the IDE spends the page's main thread: one visit is traced until a typed character is on the screen (the
 * N-th of one browser profile), and its time is printed by package, by function and by long task. Times are of the clock: run it
 * on a quiet machine, or read them as shares.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { chromiumPath, freePort, startProduct, startStaticOrigin } from './product.mjs';
import { moduleLocator, summarise } from './trace-summary.mjs';

const { values } = parseArgs({ options: { visits: { type: 'string', default: '1' }, top: { type: 'string', default: '25' } } });
const visits = Number(values.visits);
const TEXT = 'measured';
const CATEGORIES = ['devtools.timeline', 'v8', 'blink.user_timing', 'disabled-by-default-v8.cpu_profiler', 'toplevel'];

async function visit(context, url, traced) {
    const page = context.pages()[0] ?? (await context.newPage());
    const session = await context.newCDPSession(page);
    const events = [];
    if (traced) {
        session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
        const traceConfig = { includedCategories: CATEGORIES };
        await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
    }
    const started = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    const line = page.locator('.monaco-editor .view-line', { hasText: 'greet' }).first();
    const row = page.locator('#files .theia-TreeNode', { hasText: 'index.ts' }).first();
    await row.or(line).first().waitFor();
    if (!(await line.isVisible())) {
        await row.click();
    }
    await line.click();
    await page.keyboard.type(TEXT);
    await page.locator('.monaco-editor .view-line', { hasText: TEXT }).first().waitFor();
    const typedMs = Math.round(performance.now() - started);
    if (traced) {
        const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
        await session.send('Tracing.end');
        await complete;
    }
    // The next visit finds what this one leaves behind: cached code, the layout.
    // eslint-disable-next-line no-restricted-syntax -- an idle machine between visits
    await page.waitForTimeout(traced ? 0 : 4_000);
    return { typedMs, events };
}

function print(title, entries) {
    console.log(`\n${title}`);
    for (const [name, ms] of entries.slice(0, Number(values.top))) {
        console.log(`${ms.toFixed(0).padStart(6)}  ${name}`);
    }
}

const root = await mkdtemp(path.join(os.tmpdir(), 'tandem-profile-ide-'));
const stops = [];
try {
    const home = path.join(root, 'home');
    const folder = path.join(home, 'project');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'index.ts'), 'export const greet = (name: string): string => `Hello ${name}`;\n');
    execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: folder });
    const staticOrigin = await startStaticOrigin(await freePort());
    stops.push(staticOrigin.stop);
    const product = await startProduct({ folder, home, port: await freePort(), name: 'first', staticOrigin: staticOrigin.origin });
    stops.push(product.stop);
    for (let number = 1; number <= visits; number++) {
        const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
        const options = { executablePath: chromiumPath(), args, viewport: { width: 1400, height: 900 } };
        const context = await chromium.launchPersistentContext(path.join(root, 'profile'), options);
        try {
            const { typedMs, events } = await visit(context, product.url, number === visits);
            console.log(`visit ${number}: typed after ${typedMs} ms`);
            if (number === visits) {
                const summary = summarise(events, moduleLocator(readFileSync(staticOrigin.bundleFile, 'utf8')));
                console.log(`main thread busy for ${summary.busyMs.toFixed(0)} ms`);
                print('by package, its own time (ms)', summary.packages);
                print('by function, with what it calls (ms)', summary.functions);
                print('long tasks: start after navigation → duration (ms)', summary.tasks);
            }
        } finally {
            await context.close();
        }
    }
} finally {
    stops.forEach((stop) => stop());
    await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
