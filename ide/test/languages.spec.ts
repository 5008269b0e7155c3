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

for (const file of ['wrong.py', 'wrong.yaml', 'wrong.sh', 'Dockerfile']) {
    test(`${file} shows its mistake`, async () => {
        await ide.openFile(file);
        await expect(ide.squiggles('error').or(ide.squiggles('warning')).first()).toBeAttached();
    });
}

test('a missing language server is a quiet hint', async () => {
    await ide.openFile('main.go');
    // Where gopls is installed there is nothing to say.
    const hint = ide.statusBar().getByText('Go: no language server');
    await hint.waitFor({ timeout: 10_000 }).catch(() => undefined);
    await expect(ide.notifications()).toHaveCount(0);
});
