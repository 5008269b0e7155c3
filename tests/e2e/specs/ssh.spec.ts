import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SshServer } from '../../../extensions/core/test/ssh-server.ts';
import { firstAdmin } from '../fixtures/people.ts';
import { patient } from '../fixtures/patience.ts';
import { Platform } from '../fixtures/platform.ts';
import { expect, signIn, test } from '../fixtures/test.ts';
import { IdePage } from '../pages/ide-page.ts';
import { PortalPage } from '../pages/portal-page.ts';

test('a person makes an SSH key, clones with it, and pushes from a terminal', async ({ browser }) => {
    test.skip(!SshServer.available, 'no sshd');
    test.setTimeout(patient(240_000));
    const server = await SshServer.start();
    const folder = mkdtempSync(join(tmpdir(), 'tandem-ssh-'));
    const knownHosts = join(folder, 'known_hosts');
    writeFileSync(knownHosts, await server.hostKeyLine());
    const platform = await Platform.start({ env: { TANDEM_SSH_KNOWN_HOSTS: knownHosts } });
    try {
        const url = await server.create('over-ssh');
        const admin = await firstAdmin(platform);
        const page = await (await browser.newContext()).newPage();
        await signIn(page, platform.url, admin);

        await page.goto(`${platform.url}/account#ssh`);
        await page.getByRole('button', { name: 'Make SSH key' }).click();
        await expect.poll(async () => (await admin.api.getSshKey()).publicKey).toMatch(/^ssh-ed25519 /);
        await server.admit((await admin.api.getSshKey()).publicKey ?? '');

        const portal = new PortalPage(page, platform.url);
        await portal.openHome();
        await portal.createFrom(url);
        await page.waitForURL(/\.ws\.tandem\.localhost/, { timeout: patient(90_000) });
        const ide = new IdePage(page);
        await ide.ready();
        await ide.openTerminal();
        await ide.runInTerminal('git commit -q --allow-empty -m pushed-by-terminal && git push -q && echo over-$((1 + 1))');
        await ide.waitForTerminalText(/over-2/);
        expect((await server.log('over-ssh'))[0]).toBe('pushed-by-terminal');
    } finally {
        await platform.remove();
        await server.stop();
        rmSync(folder, { recursive: true });
    }
});
