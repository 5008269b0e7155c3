import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** The machine's Chromium where there is one; otherwise Playwright's own. `npm test` says which in TANDEM_CHROMIUM. */
const chromium = [process.env.TANDEM_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => path && existsSync(path));

/** More for a machine that is busy with other things. */
const patience = Number(process.env.TANDEM_PATIENCE ?? 1);

export default defineConfig({
    outputDir: 'test-results/e2e',
    projects: [
        // The IDE by itself, on its own backend.
        { name: 'ide', testDir: 'ide/test' },
        // The whole platform.
        { name: 'platform', testDir: 'tests/e2e/specs' },
    ],
    // One platform at a time: the tests share two cores with all that the platform starts.
    workers: 1,
    fullyParallel: false,
    forbidOnly: true,
    // A slow machine is told apart from a broken product by a second look; what needed one is listed as flaky.
    retries: process.env.CI ? 2 : 0,
    timeout: 180_000 * patience,
    expect: { timeout: 20_000 * patience },
    reporter: [['list']],
    use: {
        browserName: 'chromium',
        viewport: { width: 1400, height: 900 },
        locale: 'en-GB',
        timezoneId: 'UTC',
        screenshot: 'only-on-failure',
        // Recording every change of an IDE's page slows it several times over.
        trace: process.env.TANDEM_TRACE === '1' ? 'retain-on-failure' : 'off',
        actionTimeout: 20_000 * patience,
        navigationTimeout: 60_000 * patience,
        launchOptions: {
            executablePath: chromium,
            args: [
                // Chromium's sandbox refuses to run as root.
                ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
                // The tests reach nothing but this machine.
                '--disable-background-networking',
                '--disable-component-update',
                '--disable-domain-reliability',
                '--disable-sync',
                '--no-default-browser-check',
                '--no-first-run',
                '--no-pings',
                '--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,InterestFeedContentSuggestions',
                '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1',
            ],
        },
    },
});
