import { patient } from '../fixtures/patience.ts';
import { invite } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/test.ts';
import { paramsOf, runningWorkspace } from '../fixtures/workspaces.ts';
import { IdePage } from '../pages/ide-page.ts';

/** Answers once and then every 100 ms, until somebody ends it. */
const PROGRAM =
    `require('http').createServer((q,r)=>{r.write('hello');if(q.url==='/stream')setInterval(()=>r.write('.'),100);else r.end()})` +
    `.listen(0,function(){console.log('on port',this.address().port)})`;

test('a port is private, is shared with the team for a while, and is private again at once', async ({ platform, admin, browserOf }) => {
    test.setTimeout(patient(240_000));
    const { teams } = await admin.api.getSession();
    const mate = await invite(platform, admin.api, 'Mate', teams[0]?.name);
    const workspace = await runningWorkspace(admin.api);
    const { name } = workspace.metadata;
    const owner = await browserOf(admin);
    await owner.goto(`${platform.url}/open/${name}`);
    const ide = new IdePage(owner);
    await ide.ready();
    await ide.openTerminal();
    await ide.runInTerminal(`node -e "${PROGRAM}"`);
    await ide.waitForTerminalText(/on port \d+/);
    const port = /on port (\d+)/.exec(await ide.terminalText())?.[1] ?? '';
    const address = platform.url.replace('//tandem', `//${port}--${name}.ws.tandem`);

    const visitor = await browserOf(mate);
    await visitor.goto(address);
    await expect(visitor.locator('body')).not.toContainText('hello');

    const portal = await owner.context().newPage();
    await portal.goto(`${platform.url}/workspaces/${name}`);
    await portal.getByRole('button', { name: `Share port ${port}` }).click();
    const dialog = portal.getByRole('dialog');
    await expect(dialog.getByLabel('Everybody who has the address')).toBeDisabled();
    await dialog.getByRole('button', { name: 'Share' }).click();
    await expect(portal.getByText(/Shared with the team until/)).toBeVisible();

    await visitor.goto(address);
    await expect(visitor.locator('body')).toHaveText('hello');
    await visitor.evaluate(() => {
        const page = window as unknown as { streaming: string };
        page.streaming = 'begun';
        void fetch('/stream')
            .then(async (response) => {
                const reader = response.body?.getReader();
                while (reader !== undefined && !(await reader.read()).done) {
                    page.streaming = 'running';
                }
            })
            .catch(() => undefined)
            .then(() => (page.streaming = 'cut'));
    });
    const streaming = () => visitor.evaluate(() => (window as unknown as { streaming: string }).streaming);
    await expect.poll(streaming).toBe('running');
    // The rest of the workspace stays closed to them.
    const inside = await visitor.context().newPage();
    await inside.goto(`${platform.url}/open/${name}`);
    await expect(inside.locator('#theia-app-shell')).toHaveCount(0);

    await portal.getByRole('button', { name: `Make port ${port} private` }).click();
    await expect.poll(streaming).toBe('cut');
    await visitor.goto(address);
    await expect(visitor.locator('body')).toContainText('no longer shared');
    expect(
        (await admin.api.listPorts({ params: paramsOf(workspace) })).items.find((item) => String(item.port) === port),
    ).not.toHaveProperty('audience');
});
