import { expect, test } from '@playwright/test';
import { IdePage } from '../../tests/e2e/pages/ide-page.ts';
import { startBackend, type Backend } from './backend.ts';
import { fillProject } from './project.ts';

test.describe.configure({ mode: 'serial' });

let backend: Backend;
let ide: IdePage;

test.beforeAll(async ({ browser }) => {
    backend = await startBackend();
    await fillProject(backend.project);
    ide = new IdePage(await browser.newPage());
    await ide.open(backend.url);
});

test.afterAll(async () => {
    await ide.page.close();
    await backend.stop();
});

test('a Node program stops at a breakpoint and shows its variables', async () => {
    await ide.openFile('prog.js');
    await ide.extensionsReady();
    await ide.toggleBreakpoint(3);
    await ide.page.keyboard.press('F5');
    expect(await ide.stopped()).toContain('add');
    await expect(ide.variable('sum')).toContainText('42');
    await ide.page.keyboard.press('F5');
    await expect(ide.page.locator('.theia-debug-stack-frame')).toHaveCount(0);
});
