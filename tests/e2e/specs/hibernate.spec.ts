import { patient } from '../fixtures/patience.ts';
import { SAMPLE_REPOSITORY } from '../fixtures/sample-repository.ts';
import { expect, test } from '../fixtures/test.ts';
import { inState, runningWorkspace } from '../fixtures/workspaces.ts';
import { IdePage } from '../pages/ide-page.ts';
import { PortalPage } from '../pages/portal-page.ts';

test('a workspace hibernates from the portal, keeps its files, and resumes by being opened', async ({
    platform,
    admin,
    git,
    browserOf,
}) => {
    const workspace = await runningWorkspace(admin.api, await git.create('sleeper', SAMPLE_REPOSITORY));
    const page = await browserOf(admin);
    const portal = new PortalPage(page, platform.url);
    const { name } = workspace.metadata;
    const title = workspace.spec.displayName;

    await page.goto(`${platform.url}/open/${name}`);
    const ide = new IdePage(page);
    await ide.ready();
    await ide.openTerminal();
    await ide.runInTerminal('echo before > kept.txt && cat kept.txt');
    await ide.waitForTerminalText(/^before$/m);

    await portal.openHome();
    await expect(portal.entry(title)).toContainText('Running');
    await portal.act(title, 'Hibernate workspace');
    await expect(portal.entry(title)).toContainText('Hibernated', { timeout: patient(60_000) });
    await inState(admin.api, workspace, 'hibernated');

    await portal.open(title);
    await page.waitForURL(new RegExp(`//${name}\\.ws\\.`), { timeout: patient(90_000) });
    await ide.ready();
    await ide.openFile('kept.txt');
    expect(await ide.editorText()).toContain('before');
});

test('an open page of a workspace that hibernates says so, and one click brings it back', async ({ platform, admin, browserOf }) => {
    const workspace = await runningWorkspace(admin.api);
    const page = await browserOf(admin);
    await page.goto(`${platform.url}/open/${workspace.metadata.name}`);
    const ide = new IdePage(page);
    await ide.ready();
    await admin.api.hibernateWorkspace({
        params: { team: workspace.metadata.namespace.replace('team-', ''), name: workspace.metadata.name },
    });
    await inState(admin.api, workspace, 'hibernated');
    const back = page.getByRole('alertdialog').getByRole('button');
    await back.click({ timeout: patient(60_000) });
    await inState(admin.api, workspace, 'running');
    await ide.ready();
});
