import { expect, test } from '@playwright/test';
import { IdePage } from '../../tests/e2e/pages/ide-page.ts';
import { startBackend, type Backend } from './backend.ts';
import { fillProject } from './project.ts';

test.describe.configure({ mode: 'serial' });

let backend: Backend;
let ide: IdePage;
const failures: string[] = [];

test.beforeAll(async ({ browser }) => {
    backend = await startBackend();
    const page = await browser.newPage();
    page.on('pageerror', (error) => {
        // Theia's theme picker reads the first match while the filter has none; nothing is lost by it.
        if (!(error.message.includes("reading 'id'") && error.stack?.includes('onDidChangeActive'))) {
            failures.push(error.message);
        }
    });
    ide = new IdePage(page);
    // Opened while the project is empty: a claimed workspace is filled afterwards.
    await ide.open(backend.url);
    await fillProject(backend.project);
});

test.afterAll(async () => {
    await ide.page.close();
    await backend.stop();
});

test('files that arrive after the start appear in the explorer', async () => {
    await expect(ide.explorerRow('index.ts')).toBeVisible();
});

test('a file opens, has its colours and takes text', async () => {
    await ide.openFromExplorer('index.ts');
    await expect.poll(async () => (await ide.tokenClasses()).length).toBeGreaterThan(3);
    await ide.goToLine(1);
    await ide.type('// typed\n');
    expect(await ide.editorText()).toContain('// typed');
});

test('git decorates the changed file and lists it', async () => {
    await ide.save();
    await expect(ide.statusBar()).toContainText('main');
    await ide.activity('scm-view-container');
    await expect(ide.page.locator('#scm-view-container')).toContainText('index.ts');
    await ide.activity('explorer-view-container');
    await expect(ide.explorerRow('index.ts')).toContainText('M');
});

test('TypeScript completes members', async () => {
    await ide.openFile('index.ts');
    await ide.focusEditor();
    await ide.page.keyboard.press('Control+End');
    await ide.type('\nusers[0].');
    await expect.poll(() => ide.suggestions(), { timeout: 60_000 }).toContain('age');
    await ide.page.keyboard.press('Escape');
    await ide.page.keyboard.press('Control+z');
});

test('search finds text in files', async () => {
    await ide.activity('search-view-container');
    await ide.page.locator('#search-input-field').fill('needle');
    await ide.page.keyboard.press('Enter');
    await expect(ide.page.locator('#search-in-workspace .resultLine').first()).toContainText('needle');
    await ide.activity('explorer-view-container');
});

test('a terminal runs commands in the project', async () => {
    await ide.openTerminal();
    await ide.runInTerminal('echo sum-$((40+2)); node prog.js; pwd');
    await ide.waitForTerminalText(/sum-42[\s\S]*42[\s\S]*project/);
});

test('Markdown is previewed', async () => {
    await ide.openFile('README.md');
    await ide.page.keyboard.press('Control+Shift+v');
    const preview = ide.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
    await expect(preview.locator('h1')).toHaveText('Sample project');
});

test('the theme can be changed', async () => {
    await ide.command('Preferences: Color Theme');
    await ide.pick('Tandem Dark');
    await expect(ide.page.locator('body')).toHaveClass(/vs-dark/);
    await ide.command('Preferences: Color Theme');
    await ide.pick('Tandem Light');
    await expect(ide.page.locator('body')).not.toHaveClass(/vs-dark/);
});

test('nothing failed in the page', () => {
    expect(failures).toEqual([]);
});
