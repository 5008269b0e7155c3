import { expect, test } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { IdePage } from '../../tests/e2e/pages/ide-page.ts';
import { startBackend, type Backend } from './backend.ts';
import { startLineProxy, type LineProxy } from './line-proxy.ts';
import { fillProject } from './project.ts';

test.describe.configure({ mode: 'serial' });

/** The whole size is what the product promises; the sample only has to outlast the first attempts to reconnect. */
const CUT_MS = process.env['TANDEM_TEST_SIZE'] === 'full' ? 5 * 60_000 : 15_000;

let backend: Backend;
let line: LineProxy;
let ide: IdePage;

test.beforeAll(async ({ browser }) => {
    backend = await startBackend();
    await fillProject(backend.project);
    line = await startLineProxy(Number(new URL(backend.url).port));
    ide = new IdePage(await browser.newPage());
    await ide.open(`http://demo.ws.tandem.localhost:${line.port}/`);
});

test.afterAll(async () => {
    await ide.page.close();
    await line.close();
    await backend.stop();
});

/** How often a host of extensions was started. */
const hostsStarted = (): number => backend.output().split('PluginManagerExtImpl/init()').length - 1;

test('a cut line loses no terminal output, text, debug session or extension host and needs no reload', async () => {
    test.setTimeout(CUT_MS + 180_000);
    await ide.openFile('index.ts');
    await ide.extensionsReady();
    await ide.page.evaluate(() => Object.assign(window, { sameDocument: true }));
    await ide.openFile('prog.js');
    await ide.toggleBreakpoint(2);
    await ide.page.keyboard.press('F5');
    await ide.stopped();
    await ide.openFile('index.ts');
    expect(hostsStarted()).toBe(1);
    await ide.openTerminal();
    // More than fits into a buffer of Theia's own size, printed while the line is dead.
    await ide.runInTerminal('stty -echo; sleep 2; for i in $(seq 1 20000); do echo "line-$i"; done; echo all-$((1+1))-printed');

    line.cut();
    await ide.focusEditor();
    await ide.goToLine(1, 'interface User {'.length + 1);
    await ide.type(' // typed without a line');
    // Time itself is what is tested here.
    // eslint-disable-next-line no-restricted-syntax -- the time without a line is what is tested
    await ide.page.waitForTimeout(CUT_MS);
    line.mend();

    await ide.waitForTerminalText(/line-19999\nline-20000\nall-2-printed/);
    await ide.save();
    expect(await readFile(path.join(backend.project, 'index.ts'), 'utf8')).toContain('interface User { // typed without a line\n    name');
    expect(await ide.page.evaluate(() => 'sameDocument' in window)).toBe(true);
    await ide.tab('prog.js').click();
    await ide.page.keyboard.press('F10');
    await expect(ide.variable('sum')).toContainText('42');
    await ide.continueToEnd();
    await ide.tab('index.ts').click();
    await ide.focusEditor();
    await ide.page.keyboard.press('Control+End');
    await ide.type('\nusers[0].');
    await expect.poll(() => ide.suggestions()).toContain('age');
    await ide.page.keyboard.press('Escape');
    expect(hostsStarted()).toBe(1);
    await ide.runInTerminal('echo still-$((40+2))');
    await ide.waitForTerminalText(/still-42/);
});

test('a restarted backend is said, and one click leads back to the same place', async () => {
    await backend.restart();
    const dialog = ide.page.getByRole('alertdialog', { name: 'The workspace was restarted' });
    await expect(dialog).toBeVisible();
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await expect(dialog).toHaveCount(0);
    await ide.ready();
    await expect(ide.tab('index.ts')).toBeVisible();
});
