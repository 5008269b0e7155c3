import { patient } from '../fixtures/patience.ts';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { invite } from '../fixtures/people.ts';
import { SAMPLE_REPOSITORY } from '../fixtures/sample-repository.ts';
import { expect, test } from '../fixtures/test.ts';
import { runningWorkspace } from '../fixtures/workspaces.ts';
import { PortalPage } from '../pages/portal-page.ts';

const PAGES = ['/', '/new', '/templates', '/teams', '/people', '/audit', '/account'];

/** What axe calls serious or critical, told by rule and element. */
async function seriousIssues(page: Page): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

for (const colorScheme of ['light', 'dark'] as const) {
    test(`every page is usable by screen reader and keyboard (${colorScheme})`, async ({ platform, admin, git, browserOf }) => {
        await runningWorkspace(admin.api, await git.create(`axe-${colorScheme}`, SAMPLE_REPOSITORY));
        const page = await browserOf(admin);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const path of PAGES) {
            await page.goto(`${platform.url}${path}`);
            await page.getByRole('heading', { level: 1 }).waitFor();
            await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
            expect.soft(await seriousIssues(page), path).toEqual([]);
        }
    });
}

test('the sign-in page is usable by screen reader and keyboard', async ({ platform, page }) => {
    const portal = new PortalPage(page, platform.url);
    for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await portal.openSignIn();
        expect(await seriousIssues(page), colorScheme).toEqual([]);
    }
});

test('no page scrolls sideways on a phone', async ({ platform, admin, browserOf }) => {
    const page = await browserOf(admin);
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of PAGES) {
        await page.goto(`${platform.url}${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, path).toBeLessThanOrEqual(0);
    }
});

test('a wrong password says so and keeps the e-mail', async ({ platform, admin, page }) => {
    const portal = new PortalPage(page, platform.url);
    await portal.openSignIn();
    await portal.signInWithPassword(admin.email, 'not the password');
    await expect(page.getByRole('alert')).toContainText(/wrong/i);
    await expect(page.getByLabel('E-mail')).toHaveValue(admin.email);
});

test('an invited person joins by the link and is asked for nothing else', async ({ platform, admin, page }) => {
    const machine = await admin.api.getSharedMachine();
    if (!machine.isolated) {
        await admin.api.acceptSharedMachine({ body: { accepted: true } });
    }
    const invitation = await admin.api.createInvitation({ body: { email: 'joan@example.com', displayName: 'Joan' } });
    const portal = new PortalPage(page, platform.url);
    await portal.join(invitation.url ?? '', 'Joan', 'a good password');
    await expect(portal.home).toBeVisible();
});

test('what happens elsewhere appears in an open list without a reload', async ({ platform, admin, browserOf }) => {
    const page = await browserOf(admin);
    const portal = new PortalPage(page, platform.url);
    await portal.openHome();
    const { teams } = await admin.api.getSession();
    await admin.api.createWorkspace({ params: { team: teams[0]?.name ?? '' }, body: { displayName: 'Appears' } });
    await expect(portal.entry('Appears')).toBeVisible();
    await expect(portal.entry('Appears')).toContainText('Running', { timeout: patient(60_000) });
});

test('creating from an address that cannot be cloned tells the reason and the way out', async ({ platform, admin, browserOf }) => {
    const page = await browserOf(admin);
    const portal = new PortalPage(page, platform.url);
    await portal.openHome();
    await portal.createFrom('http://127.0.0.1:9/nobody/here.git');
    await expect(page.getByText('The workspace was not prepared').or(page.getByText('The workspace needs your attention'))).toBeVisible({
        timeout: patient(60_000),
    });
    await expect(
        page
            .getByRole('button', { name: 'Try again' })
            .or(page.getByRole('link', { name: 'Change the address' }))
            .first(),
    ).toBeVisible();
});

test('a member without admin right sees no admin pages', async ({ platform, admin, browserOf }) => {
    const { teams } = await admin.api.getSession();
    const member = await invite(platform, admin.api, 'Member', teams[0]?.name);
    const page = await browserOf(member);
    await page.goto(`${platform.url}/audit`);
    await expect(page.getByRole('heading', { level: 1, name: 'Only an admin can see this' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Audit log' })).toHaveCount(0);
});
