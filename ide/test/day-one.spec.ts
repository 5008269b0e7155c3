import { expect, test } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openIde, type OpenedIde } from './opened-ide.ts';

const files = { 'names.txt': 'ada and ada\n', 'log.txt': 'needle one\n' };

let opened: OpenedIde;
const inProject = (name: string): Promise<string> => readFile(path.join(opened.backend.project, name), 'utf8');

test.beforeAll(async ({ browser }) => {
    opened = await openIde(browser, { files });
    await opened.ide.extensionsReady();
});

test.afterAll(() => opened.close());

test('Ctrl+B hides the side bar and brings it back', async () => {
    const { ide } = opened;
    await ide.openFile('names.txt');
    await ide.page.keyboard.press('Control+b');
    await expect(ide.explorerRow('names.txt')).toBeHidden();
    await ide.page.keyboard.press('Control+b');
    await expect(ide.explorerRow('names.txt')).toBeVisible();
});

test('zen mode leaves only the editor, and brings everything back', async () => {
    const { ide } = opened;
    await ide.openFile('names.txt');
    const surroundings = [ide.statusBar(), ide.page.locator('#theia-top-panel'), ide.explorerRow('names.txt')];
    for (const visible of [false, true]) {
        await ide.page.keyboard.press('Control+k');
        await ide.page.keyboard.press('z');
        for (const surrounding of surroundings) {
            await expect(surrounding).toBeVisible({ visible });
        }
        await expect(ide.activeEditor()).toBeVisible();
    }
});

test('Ctrl+D puts cursors at the same words, and typing changes all', async () => {
    const { ide } = opened;
    await ide.openFile('names.txt');
    await ide.goToLine(1, 1);
    await ide.page.keyboard.press('Control+d');
    await ide.page.keyboard.press('Control+d');
    await ide.type('eve');
    await ide.save();
    expect(await inProject('names.txt')).toBe('eve and eve\n');
});

test('a file can be downloaded', async () => {
    const { ide } = opened;
    await ide.explorerRow('README.md').click({ button: 'right' });
    const [download] = await Promise.all([
        ide.page.waitForEvent('download'),
        ide.page
            .locator('.lm-Menu-item')
            .filter({ hasText: /^Download/ })
            .click(),
    ]);
    expect(download.suggestedFilename()).toBe('README.md');
    expect(await readFile(await download.path(), 'utf8')).toContain('# Sample project');
});

test('nothing was said', async () => {
    await expect(opened.ide.notifications()).toHaveCount(0);
});
