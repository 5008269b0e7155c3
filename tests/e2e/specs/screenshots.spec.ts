import { patient } from '../fixtures/patience.ts';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SAMPLE_REPOSITORY } from '../fixtures/sample-repository.ts';
import { expect, test } from '../fixtures/test.ts';
import { runningWorkspace } from '../fixtures/workspaces.ts';
import { IdePage } from '../pages/ide-page.ts';
import { PortalPage } from '../pages/portal-page.ts';
import { ScmView } from '../pages/scm-view.ts';

const folder = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));

test.skip(process.env.TANDEM_SCREENSHOTS !== '1', 'Writes docs/screenshots: TANDEM_SCREENSHOTS=1 npm test -- --e2e');

test('the pictures of the README', async ({ platform, admin, git, browserOf }) => {
    test.setTimeout(patient(300_000));
    mkdirSync(folder, { recursive: true });
    const names = ['checkout', 'catalogue', 'search'];
    const workspaces = [];
    for (const name of names) {
        workspaces.push(await runningWorkspace(admin.api, await git.create(name, SAMPLE_REPOSITORY)));
    }
    const page = await browserOf(admin);
    const portal = new PortalPage(page, platform.url);
    for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await portal.openHome();
        await expect(portal.entry('checkout')).toBeVisible();
        await page.screenshot({ path: `${folder}portal-${colorScheme}.png` });
    }
    const ide = new IdePage(page);
    await page.goto(`${platform.url}/open/${workspaces[0]?.metadata.name}`);
    await ide.ready();
    await expect(new ScmView(ide).branch('main')).toBeVisible({ timeout: patient(60_000) });
    await ide.openFile('src/main.js');
    await ide.toggleBreakpoint(5);
    await ide.openTerminal();
    await ide.runInTerminal('npm test');
    await ide.waitForTerminalText(/fail 0\b/);
    await ide.openFile('src/main.js');
    await page.keyboard.press('F5');
    await ide.stopped();
    await page.getByText('Module', { exact: true }).click();
    await expect(ide.variable('sum')).toContainText('12');
    await page.screenshot({ path: `${folder}ide-debug.png` });
});
