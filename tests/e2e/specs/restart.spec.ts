import { Platform } from '../fixtures/platform.ts';
import { firstAdmin } from '../fixtures/people.ts';
import { signIn, test } from '../fixtures/test.ts';
import { inState, runningWorkspace } from '../fixtures/workspaces.ts';
import { IdePage } from '../pages/ide-page.ts';

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`the platform ended with ${signal} and started again finds its workspaces, and an open page goes on`, async ({ browser }) => {
        const platform = await Platform.start();
        try {
            const admin = await firstAdmin(platform);
            const workspace = await runningWorkspace(admin.api);
            const context = await browser.newContext();
            const page = await context.newPage();
            await signIn(page, platform.url, admin);
            await page.goto(`${platform.url}/open/${workspace.metadata.name}`);
            const ide = new IdePage(page);
            await ide.ready();
            await ide.openTerminal();
            await ide.runInTerminal('MARK=still; echo set-$MARK');
            await ide.waitForTerminalText(/^set-still$/m);

            await platform.stop(signal);
            await platform.start();
            await inState(admin.api, workspace, 'running');
            await ide.runInTerminal('echo after-$MARK');
            await ide.waitForTerminalText(/^after-still$/m);
            await context.close();
        } finally {
            await platform.remove();
        }
    });
}
