import { patient } from '../fixtures/patience.ts';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Platform } from '../fixtures/platform.ts';
import { SAMPLE_REPOSITORY } from '../fixtures/sample-repository.ts';
import { expect, test } from '../fixtures/test.ts';
import { IdePage } from '../pages/ide-page.ts';

const PROGRAM = fileURLToPath(new URL('../../../packages/cli/bin/tandem.mjs', import.meta.url));

test('the tandem command signs in by the link, makes, opens, hibernates, resumes and deletes a workspace, and backs everything up', async ({
    git,
    browser,
}) => {
    test.setTimeout(patient(300_000));
    const platform = await Platform.start();
    const home = mkdtempSync(join(tmpdir(), 'tandem-cli-'));
    const tandem = (...args: string[]) =>
        new Promise<{ code: number; out: string; err: string }>((resolve) => {
            const env = { PATH: process.env.PATH, HOME: home };
            execFile(process.execPath, [PROGRAM, ...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) =>
                resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
            );
        });
    const succeed = async (...args: string[]) => {
        const result = await tandem(...args);
        expect(result, args.join(' ')).toMatchObject({ code: 0 });
        return result.out.trim();
    };
    try {
        expect((await tandem('whoami', '--url', platform.url)).code).toBe(3);
        await succeed('login', platform.signInUrl ?? '');
        expect((await tandem('login', platform.signInUrl ?? '')).code).toBe(3);
        expect(statSync(join(home, '.config/tandem/credentials.json')).mode & 0o777).toBe(0o600);

        const repository = await git.create('by-command', SAMPLE_REPOSITORY);
        const name = await succeed('workspaces', 'create', '--repo', repository, '--ref', 'main', '--wait');
        // A workspace from the pool keeps the name that it was born with; people see the repository's.
        expect(name).toMatch(/^[a-z][a-z0-9-]{1,20}[a-z0-9]$/);
        expect(JSON.parse(await succeed('workspaces', 'list', '--json')).items).toMatchObject([
            { metadata: { name }, spec: { displayName: 'by-command' }, status: { state: 'running' } },
        ]);
        expect((await tandem('workspaces', 'create', '--repo', repository, '--name', name)).code).toBe(6);

        // The printed address signs a browser in that has never been here, once.
        const url = await succeed('open', name, '--print-url');
        const context = await browser.newContext();
        const page = await context.newPage();
        await new IdePage(page).open(url);
        await context.close();
        const other = await browser.newContext();
        const late = await other.newPage();
        await late.goto(url);
        await expect(late.locator('#theia-app-shell')).toHaveCount(0);
        await other.close();

        await succeed('ports', 'list', name);
        await succeed('workspaces', 'logs', name);
        await succeed('workspaces', 'hibernate', name, '--wait');
        await succeed('workspaces', 'resume', name, '--wait');

        const backup = join(home, 'backup.tgz');
        await succeed('backup', backup);
        expect(statSync(backup).size).toBeGreaterThan(1000);
        expect(JSON.parse(await succeed('audit', 'verify', '--json'))).toMatchObject({ ok: true });
        const actions = (await succeed('audit', 'export')).split('\n').map((line) => (JSON.parse(line) as { action: string }).action);
        expect(actions).toContain('workspace.create');

        await succeed('workspaces', 'delete', name, '--yes');
        await expect
            .poll(async () => JSON.parse(await succeed('workspaces', 'list', '--json')).items, { timeout: patient(60_000) })
            .toEqual([]);
        expect((await tandem('workspaces', 'logs', name)).code).toBe(5);

        // What was deleted after the backup is there again in a platform restored from it.
        const data = join(home, 'restored');
        await succeed('restore', backup, '--data', data);
        expect(existsSync(data)).toBe(true);
        await platform.stop();
        const restored = new Platform({ port: platform.port, dataDirectory: data });
        await restored.start();
        try {
            expect(JSON.parse(await succeed('workspaces', 'list', '--json')).items).toMatchObject([{ metadata: { name } }]);
            await succeed('workspaces', 'resume', name, '--wait');
            const context2 = await browser.newContext();
            const page2 = await context2.newPage();
            const ide = new IdePage(page2);
            await ide.open(await succeed('open', name, '--print-url'));
            await ide.openFile('src/total.js');
            await context2.close();
        } finally {
            await restored.stop();
        }
        await succeed('logout').catch(() => undefined);
    } finally {
        await platform.remove();
        rmSync(home, { recursive: true, force: true });
    }
});
