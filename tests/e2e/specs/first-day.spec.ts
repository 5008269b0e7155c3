import { patient } from '../fixtures/patience.ts';
import { Platform } from '../fixtures/platform.ts';
import { SAMPLE_REPOSITORY } from '../fixtures/sample-repository.ts';
import { expect, test } from '../fixtures/test.ts';
import { IdePage } from '../pages/ide-page.ts';
import { PortalPage } from '../pages/portal-page.ts';
import { ScmView } from '../pages/scm-view.ts';

test('a person signs in by the printed link, clones, codes, tests, debugs, commits and pushes, and finds it all again', async ({
    browser,
    git,
}) => {
    test.setTimeout(patient(420_000));
    const repository = await git.create('basket', SAMPLE_REPOSITORY);
    const platform = await Platform.start();
    try {
        const first = await browser.newContext();
        const page = await first.newPage();
        const portal = new PortalPage(page, platform.url);

        await test.step('sign in', async () => {
            await page.goto(platform.signInUrl ?? '');
            await expect(portal.home).toBeVisible();
            // The link's secret is gone from the address bar.
            expect(page.url()).not.toContain('token=');
        });

        const ide = new IdePage(page);
        await test.step('clone', async () => {
            await portal.createFrom(repository);
            await page.waitForURL(/\.ws\.tandem\.localhost/, { timeout: patient(90_000) });
            await ide.ready();
            await expect(new ScmView(ide).branch('main')).toBeVisible({ timeout: patient(60_000) });
        });
        const workspaceUrl = new URL(page.url()).origin;

        await test.step('edit', async () => {
            await ide.openFile('src/total.js');
            await ide.focusEditor();
            await ide.goToLine(2, 17);
            await ide.type(' // nothing in it yet');
            await ide.save();
            expect(await ide.editorText()).toContain('let sum = 0; // nothing in it yet');
        });

        await test.step('run the tests in a terminal', async () => {
            await ide.openTerminal();
            await ide.runInTerminal('npm test');
            await ide.waitForTerminalText(/pass 1\b[^]*fail 0\b/);
        });

        await test.step('stop at a breakpoint, inspect, go on', async () => {
            await ide.openFile('src/main.js');
            await ide.toggleBreakpoint(5);
            await page.keyboard.press('F5');
            expect(await ide.stopped()).toContain('main.js');
            await page.getByText('Module', { exact: true }).click();
            await expect(ide.variable('sum')).toContainText('12');
            await page.keyboard.press('F5');
            await expect(page.locator('.theia-debug-stack-frame')).toHaveCount(0);
        });

        await test.step('commit and push', async () => {
            const scm = new ScmView(ide);
            await scm.open();
            await expect(scm.change('total.js')).toBeVisible();
            await scm.commitAllAndPush('Say that it begins empty');
            await expect
                .poll(() => git.git('basket', 'log', '-1', '--format=%s', 'main'), { timeout: patient(30_000) })
                .toBe('Say that it begins empty');
            expect(await git.git('basket', 'show', 'main:src/total.js')).toContain('// nothing in it yet');
        });

        await test.step('close the browser and come back', async () => {
            // Leaving the page is what closing its tab does; the IDE keeps its layout and breakpoints then.
            await page.goto('about:blank');
            await first.storageState({ path: `${test.info().outputDir}/state.json` });
            await first.close();
            const second = await browser.newContext({ storageState: `${test.info().outputDir}/state.json` });
            const again = await second.newPage();
            await new PortalPage(again, platform.url).openHome();
            await new PortalPage(again, platform.url).open('basket');
            await again.waitForURL((url) => url.origin === workspaceUrl, { timeout: patient(60_000) });
            const later = new IdePage(again);
            await later.ready();
            await expect(new ScmView(later).branch('main')).toBeVisible({ timeout: patient(60_000) });
            await later.openFile('src/total.js');
            expect(await later.editorText()).toContain('// nothing in it yet');
            await later.openFile('src/main.js');
            await expect(again.locator('.monaco-editor [class*="codicon-debug-breakpoint"]').first()).toBeVisible();
            await second.close();
        });
    } finally {
        if (test.info().status !== test.info().expectedStatus || test.info().errors.length > 0) {
            await test.info().attach('platform.log', { body: platform.logTail, contentType: 'text/plain' });
        }
        await platform.remove();
    }
});
