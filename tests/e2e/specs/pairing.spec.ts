import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { Workspace } from '@tandem/protocol';
import { patient } from '../fixtures/patience.ts';
import { invite, type Person } from '../fixtures/people.ts';
import { projectFile } from '../fixtures/project-file.ts';
import { expect, test } from '../fixtures/test.ts';
import { paramsOf, runningWorkspace } from '../fixtures/workspaces.ts';
import { IdePage } from '../pages/ide-page.ts';
import { sameText, sharedState } from '../pages/shared-editor.ts';

const FILES = {
    '.theia/settings.json': JSON.stringify({ 'files.autoSave': 'off' }),
    'notes.txt': 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n',
    'windows.txt': 'first\r\nsecond\r\nthird\r\n',
    'away.txt': 'alpha\nbeta\n',
    'unsaved.txt': 'kept\n',
};

let guest: Person;
let workspace: Workspace;

test.beforeAll(async ({ platform, admin, git }) => {
    const { teams } = await admin.api.getSession();
    guest = await invite(platform, admin.api, 'Grace', teams[0]?.name);
    workspace = await runningWorkspace(admin.api, await git.create('pairing', FILES));
    await admin.api.createGrant({
        params: paramsOf(workspace),
        body: { subject: guest.name, role: 'editor', run: true, reason: 'Pairing', durationMinutes: 60 },
    });
});

/** Opens the workspace for a person and in it a file. */
async function openFile(page: Page, url: string, file: string): Promise<IdePage> {
    await page.goto(url);
    const ide = new IdePage(page);
    await ide.ready();
    await ide.openFile(file);
    await ide.focusEditor();
    return ide;
}

const dirtyTab = (page: Page, name: string) =>
    page.locator('#theia-main-content-panel .lm-TabBar-tab.theia-mod-dirty').filter({ hasText: name });

test('two people type at once in one unsaved file, see each other, undo their own, and one saves for both', async ({
    platform,
    admin,
    browserOf,
}) => {
    test.setTimeout(patient(300_000));
    const url = `${platform.url}/open/${workspace.metadata.name}`;
    const ada = await browserOf(admin);
    const grace = await browserOf(guest);
    const pages = [ada, grace];
    const adaIde = await openFile(ada, url, 'notes.txt');
    const graceIde = await openFile(grace, url, 'notes.txt');
    await sameText(pages, 'notes.txt');

    await test.step('type at once', async () => {
        await adaIde.goToLine(1, 4);
        await graceIde.goToLine(8, 6);
        await Promise.all([ada.keyboard.type(' from Ada', { delay: 15 }), grace.keyboard.type(' from Grace', { delay: 15 })]);
        const text = await sameText(pages, 'notes.txt');
        expect(text).toContain('one from Ada\n');
        expect(text).toContain('eight from Grace\n');
    });

    await test.step('both have it unsaved, the disk has not', async () => {
        await expect(dirtyTab(ada, 'notes.txt')).toHaveCount(1);
        await expect(dirtyTab(grace, 'notes.txt')).toHaveCount(1);
        expect(readFileSync(projectFile(platform, workspace, 'notes.txt'), 'utf8')).toBe(FILES['notes.txt']);
    });

    await test.step('see where the other is, under the name that the server knows', async () => {
        await expect(ada.locator('.tandem-caret')).toHaveCount(1);
        await expect(grace.locator('.tandem-caret')).toHaveCount(1);
        await grace.keyboard.press('ArrowLeft');
        const flag = ada.locator('.tandem-flag');
        // Each move draws it anew: read in one go, for a drawing that is gone has no style.
        const names = (): Promise<string[]> => flag.evaluateAll((nodes) => nodes.map((node) => getComputedStyle(node, '::after').content));
        await expect.poll(names, { intervals: [50] }).toEqual(['"Grace"']);
        await expect(flag).toHaveCount(0);
        await grace.keyboard.press('End');
        await grace.keyboard.press('Shift+Home');
        await expect(ada.locator('.tandem-selection')).toHaveCount(1);
        await grace.keyboard.press('End');
        await ada.screenshot({ path: test.info().outputPath('two-people.png') });
    });

    await test.step('each undoes their own', async () => {
        await ada.keyboard.press('Control+z');
        await expect.poll(async () => (await sharedState(ada, 'notes.txt'))?.editor).not.toContain('from Ada');
        expect(await sameText(pages, 'notes.txt')).toContain('eight from Grace\n');
        await ada.keyboard.press('Control+Shift+z');
        await expect.poll(async () => (await sharedState(ada, 'notes.txt'))?.editor).toContain('one from Ada');
        await graceIde.command('Undo');
        await expect.poll(async () => (await sharedState(ada, 'notes.txt'))?.editor).not.toContain('from Grace');
        expect(await sameText(pages, 'notes.txt')).toContain('one from Ada\n');
        await graceIde.command('Redo');
        await expect.poll(async () => (await sharedState(ada, 'notes.txt'))?.editor).toContain('eight from Grace');
    });

    await test.step('typing at the same place keeps what each has typed together', async () => {
        await adaIde.focusEditor();
        await graceIde.focusEditor();
        await adaIde.goToLine(4, 5);
        await graceIde.goToLine(4, 5);
        await Promise.all([ada.keyboard.type('AAAAAAAAAA', { delay: 20 }), grace.keyboard.type('GGGGGGGGGG', { delay: 20 })]);
        const text = await sameText(pages, 'notes.txt');
        expect(text).toMatch(/^four(A{10}G{10}|G{10}A{10})$/m);
    });

    await test.step('one saves for both', async () => {
        await adaIde.save();
        await expect(dirtyTab(ada, 'notes.txt')).toHaveCount(0);
        await expect(dirtyTab(grace, 'notes.txt')).toHaveCount(0);
        const text = await sameText(pages, 'notes.txt');
        expect(readFileSync(projectFile(platform, workspace, 'notes.txt'), 'utf8')).toBe(text);
        await expect(adaIde.notifications()).toHaveCount(0);
        await expect(graceIde.notifications()).toHaveCount(0);
    });

    await test.step('an outside change merges into text that is being typed', async () => {
        await graceIde.goToLine(2, 4);
        await grace.keyboard.type(' typed');
        const file = projectFile(platform, workspace, 'notes.txt');
        writeFileSync(file, readFileSync(file, 'utf8').replace('six', 'six from outside').replace('three\n', ''));
        await expect.poll(async () => (await sharedState(ada, 'notes.txt'))?.editor).toContain('six from outside');
        const text = await sameText(pages, 'notes.txt');
        expect(text).toContain('two typed\nfour');
        await expect(dirtyTab(ada, 'notes.txt')).toHaveCount(1);
        await grace.keyboard.type('!');
        expect(await sameText(pages, 'notes.txt')).toContain('two typed!\n');
        await graceIde.save();
        await expect(dirtyTab(ada, 'notes.txt')).toHaveCount(0);
        expect(readFileSync(file, 'utf8')).toBe(await sameText(pages, 'notes.txt'));
    });
});

test('the owner shares from the status bar, sees who comes, goes where they are, and takes it back', async ({
    platform,
    admin,
    browserOf,
}) => {
    test.setTimeout(patient(240_000));
    const { teams } = await admin.api.getSession();
    const linus = await invite(platform, admin.api, 'Linus', teams[0]?.name);
    const url = `${platform.url}/open/${workspace.metadata.name}`;
    const ada = await browserOf(admin);
    const adaIde = await openFile(ada, url, 'notes.txt');

    const [portal] = await Promise.all([
        ada.context().waitForEvent('page'),
        adaIde.statusBar().getByText('Share', { exact: true }).click(),
    ]);
    await portal.getByRole('textbox', { name: 'Person' }).fill('Linus');
    await portal.getByRole('option', { name: /Linus/ }).click();
    await portal.getByRole('button', { name: 'Share workspace' }).click();
    const link = await portal.getByRole('textbox', { name: 'Link to the workspace' }).inputValue();
    expect(link).toBe(url);
    await portal.getByRole('button', { name: 'Done' }).click();

    const guestPage = await browserOf(linus);
    const guestIde = await openFile(guestPage, link, 'windows.txt');
    await guestIde.goToLine(2, 1);
    await expect(adaIde.statusBar()).toContainText('Linus');
    await expect(guestIde.statusBar()).toContainText((await admin.api.getSession()).user.displayName);
    await ada.screenshot({ path: test.info().outputPath('somebody-is-here.png') });

    await adaIde.statusBar().getByText('Linus').click();
    await adaIde.pick('Linus');
    await expect(adaIde.tab('windows.txt')).toHaveCount(1);
    await expect(adaIde.statusBar()).toContainText('Ln 2, Col 1');

    await portal.getByRole('button', { name: 'Revoke access of Linus' }).click();
    await expect(guestPage.locator('body')).toContainText(/revoked|no longer|access/i);
    await expect(adaIde.statusBar()).not.toContainText('Linus');
    await expect(adaIde.statusBar().getByText('Share', { exact: true })).toBeVisible();
});

test('line endings survive two people', async ({ platform, admin, browserOf }) => {
    const url = `${platform.url}/open/${workspace.metadata.name}`;
    const ada = await browserOf(admin);
    const grace = await browserOf(guest);
    const adaIde = await openFile(ada, url, 'windows.txt');
    const graceIde = await openFile(grace, url, 'windows.txt');
    await sameText([ada, grace], 'windows.txt');
    await adaIde.goToLine(3, 6);
    await graceIde.goToLine(1, 6);
    await Promise.all([ada.keyboard.type(' 😀\nfourth', { delay: 15 }), grace.keyboard.type(' line\nbetween', { delay: 15 })]);
    expect(await sameText([ada, grace], 'windows.txt')).toBe('first line\r\nbetween\r\nsecond\r\nthird 😀\r\nfourth\r\n');
    await graceIde.save();
    await expect(dirtyTab(ada, 'windows.txt')).toHaveCount(0);
    const bytes = readFileSync(projectFile(platform, workspace, 'windows.txt'), 'utf8');
    expect(bytes).toBe('first line\r\nbetween\r\nsecond\r\nthird 😀\r\nfourth\r\n');
});

test('without the collaboration server people edit and save on, and nothing is there twice when it is back', async ({
    platform,
    admin,
    browserOf,
}) => {
    const url = `${platform.url}/open/${workspace.metadata.name}`;
    const pages = [await browserOf(admin), await browserOf(guest)];
    let away = true;
    const cut: (() => void)[] = [];
    for (const page of pages) {
        await page.routeWebSocket(/\/\.tandem\/collab\//, (socket) => {
            if (away) {
                void socket.close({ code: 1013, reason: 'reconnect after 200 ms' });
            } else {
                const server = socket.connectToServer();
                cut.push(() => {
                    void server.close();
                    void socket.close({ code: 1013, reason: 'reconnect after 200 ms' });
                });
            }
        });
    }
    const [ada, grace] = pages as [Page, Page];
    const states = () => Promise.all(pages.map(async (page) => (await sharedState(page, 'away.txt'))?.collab));
    const adaIde = await openFile(ada, url, 'away.txt');
    const graceIde = await openFile(grace, url, 'away.txt');
    await sameText(pages, 'away.txt');
    expect(await states()).toEqual(['connecting', 'connecting']);

    await adaIde.goToLine(1, 6);
    await graceIde.goToLine(2, 5);
    await Promise.all([ada.keyboard.type(' of Ada', { delay: 15 }), grace.keyboard.type(' of Grace', { delay: 15 })]);
    expect(await sameText(pages, 'away.txt')).toBe('alpha of Ada\nbeta of Grace\n');
    await graceIde.save();
    await expect(dirtyTab(ada, 'away.txt')).toHaveCount(0);
    expect(readFileSync(projectFile(platform, workspace, 'away.txt'), 'utf8')).toBe('alpha of Ada\nbeta of Grace\n');

    away = false;
    await expect.poll(states).toEqual(['synced', 'synced']);
    await ada.keyboard.type('!');
    expect(await sameText(pages, 'away.txt')).toBe('alpha of Ada!\nbeta of Grace\n');

    // It goes away in the middle of a sentence.
    away = true;
    cut.splice(0).forEach((end) => end());
    await Promise.all([ada.keyboard.type(' one', { delay: 15 }), grace.keyboard.type(' two', { delay: 15 })]);
    expect(await sameText(pages, 'away.txt')).toBe('alpha of Ada! one\nbeta of Grace two\n');
    away = false;
    await expect.poll(states).toEqual(['synced', 'synced']);
    expect(await sameText(pages, 'away.txt')).toBe('alpha of Ada! one\nbeta of Grace two\n');
    await adaIde.save();
    expect(readFileSync(projectFile(platform, workspace, 'away.txt'), 'utf8')).toBe('alpha of Ada! one\nbeta of Grace two\n');
});

test('unsaved text is there again after the page was loaded anew, and gone when its person closes the file without saving', async ({
    platform,
    admin,
    browserOf,
}) => {
    const url = `${platform.url}/open/${workspace.metadata.name}`;
    const page = await browserOf(admin);
    const ide = await openFile(page, url, 'unsaved.txt');
    await sameText([page], 'unsaved.txt');
    await ide.goToLine(1, 5);
    await ide.type(' and more');
    await sameText([page], 'unsaved.txt');
    await page.goto('about:blank');
    const again = await openFile(page, url, 'unsaved.txt');
    expect(await sameText([page], 'unsaved.txt')).toBe('kept and more\n');
    await expect(dirtyTab(page, 'unsaved.txt')).toHaveCount(1);
    await again.tab('unsaved.txt').locator('.lm-TabBar-tabCloseIcon').click();
    await page.locator('.dialogContent').waitFor();
    await page.getByRole('button', { name: /don.t save/i }).click();
    await expect(again.tab('unsaved.txt')).toHaveCount(0);
    await again.openFile('unsaved.txt');
    expect(await sameText([page], 'unsaved.txt')).toBe('kept\n');
    expect(readFileSync(projectFile(platform, workspace, 'unsaved.txt'), 'utf8')).toBe('kept\n');
});
