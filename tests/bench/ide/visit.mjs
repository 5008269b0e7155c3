/** One visit as a person makes it: open the address, open a file, type, see the text. The same steps for every IDE. */
import { chromium } from 'playwright-core';

const PATIENCE_MS = 120_000;
const FILE = 'index.ts';

/** In the page: where to click next, or what is there. */
function look({ file, text }) {
    const visible = (node) => {
        const box = node.getBoundingClientRect();
        const top =
            box.width > 0 && box.height > 0 && document.elementFromPoint(box.x + Math.min(30, box.width / 2), box.y + box.height / 2);
        return top && (node.contains(top) || top.contains(node))
            ? { x: box.x + Math.min(30, box.width / 2), y: box.y + box.height / 2 }
            : undefined;
    };
    const lines = [...document.querySelectorAll('.monaco-editor .view-lines .view-line')];
    const content = lines.map((line) => line.textContent).join('\n');
    if (text && content.includes(text)) {
        const classes = new Set(
            [...document.querySelectorAll('.monaco-editor .view-line span span')].flatMap((node) =>
                [...node.classList].filter((name) => /^mtk\d+$/.test(name)),
            ),
        );
        return { typed: true, coloured: classes.size > 2 };
    }
    const line = lines.find((node) => node.textContent.includes('greet'));
    const editor = line && visible(line);
    if (editor) {
        return { editor };
    }
    const rows = [...document.querySelectorAll('#files .theia-TreeNode, .explorer-folders-view .monaco-list-row')];
    const row = rows.find((node) => node.textContent.trim().startsWith(file) || node.getAttribute('aria-label')?.startsWith(file));
    return { row: row && visible(row) };
}

/** Processor time of all pages so far, in milliseconds; unlike the clock it says something on a busy machine too. */
async function pageCpuMs(session) {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    return Math.round(renderers.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0));
}

/**
 * @param {{executablePath: string, profile: string, url: string, run: string}} options profile: folder of the browser's profile;
 *        run: makes the typed text unlike that of other visits.
 * @returns {Promise<{typedMs: number, cpuMs: number, colouredMs: number, gitMs: number}>} colouredMs: after the text; gitMs: branch in the status bar;
 *          cpuMs: processor time of the page until the text.
 */
export async function visit({ executablePath, profile, url, run }) {
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const context = await chromium.launchPersistentContext(profile, { executablePath, args, viewport: { width: 1400, height: 900 } });
    try {
        const page = context.pages()[0] ?? (await context.newPage());
        await page.goto('about:blank');
        // eslint-disable-next-line no-restricted-syntax -- an idle machine before and between visits
        await page.waitForTimeout(500);
        const session = await context.browser().newBrowserCDPSession();
        const cpuBeforeMs = await pageCpuMs(session);
        let cpuMs;
        const text = `q${run}`;
        const start = performance.now();
        const since = () => Math.round(performance.now() - start);
        await page.goto(url, { waitUntil: 'commit' });
        let typedMs;
        let colouredMs;
        let lastClick = 0;
        while (since() < PATIENCE_MS) {
            const seen = await page.evaluate(look, { file: FILE, text }).catch(() => ({}));
            if (seen.typed) {
                if (typedMs === undefined) {
                    typedMs = since();
                    cpuMs = (await pageCpuMs(session)) - cpuBeforeMs;
                }
                if (seen.coloured) {
                    colouredMs = since() - typedMs;
                    break;
                }
            } else if (seen.editor) {
                await page.mouse.click(seen.editor.x, seen.editor.y);
                await page.keyboard.type(text);
                await page
                    .waitForFunction(
                        (expected) =>
                            [...document.querySelectorAll('.monaco-editor .view-line')].some((line) => line.textContent.includes(expected)),
                        text,
                        { timeout: 400, polling: 'raf' },
                    )
                    .catch(() => undefined);
            } else if (seen.row && since() - lastClick > 400) {
                lastClick = since();
                await page.mouse.click(seen.row.x, seen.row.y);
            }
            await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve))).catch(() => undefined);
        }
        if (typedMs === undefined) {
            await page.screenshot({ path: `${profile}.png` });
            throw new Error(`Nothing was typed within ${PATIENCE_MS / 1000} s; see ${profile}.png`);
        }
        await page.waitForFunction(
            () => /(main|master)/.test(document.querySelector('#theia-statusBar, .part.statusbar')?.textContent ?? ''),
            undefined,
            { timeout: PATIENCE_MS, polling: 50 },
        );
        const gitMs = since();
        // The next visit finds what this one leaves behind: cached code, the layout, the saved file.
        // eslint-disable-next-line no-restricted-syntax -- an idle machine before and between visits
        await page.waitForTimeout(4_000);
        return { typedMs, cpuMs, colouredMs, gitMs };
    } finally {
        await context.close();
    }
}
