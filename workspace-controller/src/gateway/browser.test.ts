import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { GatewayFixture } from './test-support/gateway-fixture.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const SOCKETS = 20;

/** What only a real browser shows: names below .localhost, its cookie rules, and which close code a page gets to see. */
describe.skipIf(executablePath === undefined)('a real browser', () => {
    it('is let in by a code, sees why it is cut, and is sent to sign in again', async () => {
        const fixture = await GatewayFixture.start();
        const upstream = await fixture.workspace((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>ide</p>'));
        new WebSocketServer({ server: upstream }).on('connection', (socket) => socket.on('error', () => undefined));
        const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
        try {
            const page = await browser.newPage();
            const code = await fixture.access.mintCode(fixture.person());
            await page.goto(`${fixture.origin()}/.tandem/enter?code=${code}&to=/app`);
            expect([page.url(), await page.textContent('p')]).toEqual([`${fixture.origin()}/app`, 'ide']);
            await page.evaluate(`window.closes = []; Promise.all(Array.from({ length: ${SOCKETS} }, () => new Promise((resolve, reject) => {
                const socket = new WebSocket('ws://' + location.host + '/x');
                socket.onopen = resolve;
                socket.onerror = reject;
                socket.onclose = event => window.closes.push([event.code, event.reason, event.wasClean]);
            })))`);
            fixture.access.revoke('session', 'session-1', { reason: 'You signed out on another device.' });
            await page.waitForFunction(`window.closes.length === ${SOCKETS}`);
            expect(await page.evaluate('window.closes')).toEqual(Array(SOCKETS).fill([4401, 'You signed out on another device.', true]));
            expect(await page.evaluate(`fetch('/.tandem/session').then(answer => answer.json())`)).toMatchObject({
                state: 'signed-out',
                reason: 'You signed out on another device.',
            });
        } finally {
            await browser.close();
            await fixture.close();
        }
    });
});
