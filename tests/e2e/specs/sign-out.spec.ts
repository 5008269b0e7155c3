import { invite } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/test.ts';
import { paramsOf, runningWorkspace } from '../fixtures/workspaces.ts';
import { IdePage } from '../pages/ide-page.ts';
import { PortalPage } from '../pages/portal-page.ts';

test('signing out in the portal cuts the IDE that is open in another tab and says why', async ({ platform, admin, browserOf }) => {
    const workspace = await runningWorkspace(admin.api);
    const page = await browserOf(admin);
    const tab = await page.context().newPage();
    const closed: number[] = [];
    tab.on('websocket', (socket) => socket.on('close', () => closed.push(Date.now())));
    await tab.goto(`${platform.url}/open/${workspace.metadata.name}`);
    await new IdePage(tab).ready();

    const portal = new PortalPage(page, platform.url);
    await portal.openHome();
    await portal.signOut();
    await expect.poll(() => closed.length).toBeGreaterThan(0);
    await expect(tab.locator('body')).toContainText(/signed out/i);

    // What the tab still has no longer opens anything.
    const state = await tab.evaluate(async () => (await fetch('/.tandem/session')).json());
    expect(state).toMatchObject({ state: 'signed-out' });
    await tab.reload();
    await expect(tab.locator('#theia-app-shell')).toHaveCount(0);
});

test('disabling a person cuts what they have open', async ({ platform, admin, browserOf }) => {
    const { teams } = await admin.api.getSession();
    const person = await invite(platform, admin.api, 'Mallory', teams[0]?.name);
    const workspace = await runningWorkspace(person.api);
    const page = await browserOf(person);
    await page.goto(`${platform.url}/open/${workspace.metadata.name}`);
    await new IdePage(page).ready();
    await admin.api.updateUser({ params: { name: person.name }, body: { disabled: true } });
    await expect(page.locator('body')).toContainText(/disabled|signed out|no longer/i);
    await expect(person.api.getMe()).rejects.toMatchObject({ code: expect.stringMatching(/^(user-disabled|not-signed-in)$/) });
});

test('revoking a grant cuts the guest and leaves the owner alone', async ({ platform, admin, browserOf }) => {
    const { teams } = await admin.api.getSession();
    const guest = await invite(platform, admin.api, 'Guest', teams[0]?.name);
    const workspace = await runningWorkspace(admin.api);
    const params = paramsOf(workspace);
    const grant = await admin.api.createGrant({
        params,
        body: { subject: guest.name, role: 'editor', run: true, reason: 'Pairing', durationMinutes: 60 },
    });
    const owner = await browserOf(admin);
    await owner.goto(`${platform.url}/open/${workspace.metadata.name}`);
    await new IdePage(owner).ready();
    const page = await browserOf(guest);
    await page.goto(`${platform.url}/open/${workspace.metadata.name}`);
    await new IdePage(page).ready();

    await admin.api.revokeGrant({ params: { team: params.team, name: grant.metadata.name } });
    await expect(page.locator('body')).toContainText(/revoked|no longer|access/i);
    const session = await owner.evaluate(async () => (await fetch('/.tandem/session')).json());
    expect(session).toMatchObject({ state: 'active' });
});
