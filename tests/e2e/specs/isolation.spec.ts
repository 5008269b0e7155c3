import { patient } from '../fixtures/patience.ts';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { invite, type Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/test.ts';
import { inState, paramsOf, runningWorkspace } from '../fixtures/workspaces.ts';
import type { Workspace } from '@tandem/protocol';
import { IdePage } from '../pages/ide-page.ts';
import type { Page } from '@playwright/test';

let ada: Person;
let eve: Person;
let secret: Workspace;

test.beforeAll(async ({ platform, admin }) => {
    const { teams } = await admin.api.getSession();
    ada = await invite(platform, admin.api, 'Ada', teams[0]?.name);
    eve = await invite(platform, admin.api, 'Eve', teams[0]?.name);
    secret = await runningWorkspace(ada.api);
});

/** A raw request to the platform, as one outside a browser would send it. */
async function raw(platformUrl: string, host: string, path: string, headers: Record<string, string>): Promise<IncomingMessage> {
    const { port } = new URL(platformUrl);
    const call = request({ host: '127.0.0.1', port, path, headers: { host, ...headers } });
    call.end();
    const answered = Promise.race([
        once(call, 'response').then(([response]) => response as IncomingMessage),
        once(call, 'upgrade').then(([response, socket]) => {
            (socket as { destroy(): void }).destroy();
            return response as IncomingMessage;
        }),
    ]);
    const response = await answered;
    response.resume();
    return response;
}

const hostOf = (platformUrl: string, label: string): string => `${label}.ws.tandem.localhost:${new URL(platformUrl).port}`;
const UPGRADE = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** Cookies of the workspace's host in a browser that has its IDE open. */
async function workspaceCookies(page: Page, host: string): Promise<string> {
    const cookies = await page.context().cookies(`http://${host}/`);
    expect(cookies.length).toBeGreaterThan(0);
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

test('another person cannot reach a workspace by its URL', async ({ platform, browserOf }) => {
    const page = await browserOf(eve);
    for (const url of [`${platform.url}/open/${secret.metadata.name}`, `http://${hostOf(platform.url, secret.metadata.name)}/`]) {
        await page.goto(url);
        await expect(page.locator('#theia-app-shell')).toHaveCount(0);
        await expect(page.locator('body')).toContainText(/access|not allowed|no such|sign in/i);
    }
});

test('another person sees neither the workspace nor its log, ports and state by the API', async () => {
    const { items } = await eve.api.listWorkspaces();
    expect(items.map(({ metadata }) => metadata.name)).not.toContain(secret.metadata.name);
    const params = paramsOf(secret);
    const calls = [
        eve.api.getWorkspaceLog({ params }),
        eve.api.listPorts({ params }),
        eve.api.openWorkspace({ params }),
        eve.api.hibernateWorkspace({ params }),
        eve.api.deleteWorkspace({ params, body: { confirmName: secret.metadata.name } }),
        eve.api.createGrant({ params, body: { subject: eve.name, role: 'owner', run: true, reason: 'mine now' } }),
    ];
    for (const call of calls) {
        await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^(forbidden|not-found)$/) });
    }
});

test('another person’s cookies open neither its pages nor its WebSockets, with or without the right Origin', async ({
    platform,
    browserOf,
}) => {
    const own = await runningWorkspace(eve.api);
    const page = await browserOf(eve);
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`${platform.url}/open/${own.metadata.name}`);
    await new IdePage(page).ready();
    const ownHost = hostOf(platform.url, own.metadata.name);
    const foreignHost = hostOf(platform.url, secret.metadata.name);
    const cookie = await workspaceCookies(page, ownHost);

    // They do open her own, or the rest would prove nothing.
    const mine = await raw(platform.url, ownHost, '/', { cookie, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' });
    expect(mine.statusCode).toBe(200);
    const { pathname, search } = new URL(sockets[0] ?? '');
    const socketPath = pathname + search;
    const myself = await raw(platform.url, ownHost, socketPath, { cookie, origin: `http://${ownHost}`, ...UPGRADE });
    expect(myself.statusCode).toBe(101);

    for (const path of ['/', socketPath, '/files/', '/hostedPlugin/x', '/.tandem/api/v1/teams/home/workspaces/x']) {
        const plain = await raw(platform.url, foreignHost, path, { cookie });
        expect([302, 303, 401, 403, 404], `${path} answered ${plain.statusCode}`).toContain(plain.statusCode);
        for (const origin of [`http://${foreignHost}`, `http://${ownHost}`, platform.url, 'http://evil.example', 'null']) {
            const upgrade = await raw(platform.url, foreignHost, path, { cookie, origin, ...UPGRADE });
            expect([400, 401, 403, 404], `${path} from ${origin} answered ${upgrade.statusCode}`).toContain(upgrade.statusCode);
        }
    }
    // Her own workspace refuses a WebSocket that another site's page begins with her cookie.
    for (const origin of [`http://${foreignHost}`, 'http://evil.example', 'null']) {
        const upgrade = await raw(platform.url, ownHost, socketPath, { cookie, origin, ...UPGRADE });
        expect(upgrade.statusCode, origin).toBe(403);
    }
});

test('a port of a workspace answers its owner and nobody else', async ({ platform, browserOf }) => {
    const owner = await browserOf(ada);
    await owner.goto(`${platform.url}/open/${secret.metadata.name}`);
    const ide = new IdePage(owner);
    await ide.ready();
    await ide.openTerminal();
    await ide.runInTerminal(
        `node -e "require('http').createServer((q,r)=>r.end('hello '+(q.headers.cookie||'no cookie'))).listen(0,function(){console.log('on port',this.address().port)})"`,
    );
    await ide.waitForTerminalText(/on port \d+/);
    const port = /on port (\d+)/.exec(await ide.terminalText())?.[1] ?? '';
    const params = paramsOf(secret);
    await expect
        .poll(async () => (await ada.api.listPorts({ params })).items.map((item) => String(item.port)), { timeout: patient(30_000) })
        .toContain(port);

    await owner.goto(`${platform.url}/open/${secret.metadata.name}?port=${port}`);
    // The program behind the port is given none of our cookies.
    await expect(owner.locator('body')).toHaveText('hello no cookie');

    const stranger = await browserOf(eve);
    for (const url of [
        `${platform.url}/open/${secret.metadata.name}?port=${port}`,
        `http://${hostOf(platform.url, `${port}--${secret.metadata.name}`)}/`,
    ]) {
        await stranger.goto(url);
        await expect(stranger.locator('body')).not.toContainText('hello');
    }
    const host = hostOf(platform.url, `${port}--${secret.metadata.name}`);
    expect([302, 303, 401, 403, 404]).toContain((await raw(platform.url, host, '/', {})).statusCode);
    // The platform's own port is nobody's to serve.
    const own = hostOf(platform.url, `${new URL(platform.url).port}--${secret.metadata.name}`);
    expect((await raw(platform.url, own, '/', { cookie: await workspaceCookies(owner, host) })).statusCode).not.toBe(200);
});

test('a person’s terminal reads neither another’s files nor the platform’s data where the machine keeps people apart', async ({
    platform,
    admin,
    browserOf,
}) => {
    test.skip(
        !(await admin.api.getSharedMachine()).isolated,
        'Needs root on Linux: elsewhere an admin accepts that people share the machine.',
    );
    const own = await inState(eve.api, await runningWorkspace(eve.api), 'running');
    const page = await browserOf(eve);
    await page.goto(`${platform.url}/open/${own.metadata.name}`);
    const ide = new IdePage(page);
    await ide.ready();
    await ide.openTerminal();
    await ide.runInTerminal(
        `ls -A '${platform.dataDirectory}' >/dev/null 2>&1; echo "data:$?"; ls -A ~/.. >/dev/null 2>&1; ls -AR ~/../../ 2>/dev/null | grep -c '${secret.metadata.uid}'; echo "done"`,
    );
    await ide.waitForTerminalText(/^done$/m);
    const text = await ide.terminalText();
    expect(text).toMatch(/^data:[12]$/m);
});
