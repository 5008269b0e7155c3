import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** The machine's Chromium where there is one; otherwise Playwright's own. `npm test` says which in TANDEM_CHROMIUM. */
const chromium = [process.env.TANDEM_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => path && existsSync(path));

export default defineConfig({
    testDir: 'tests/e2e/specs',
    outputDir: 'test-results/e2e',
    // One platform at a time: the tests share two cores with all that the platform starts.
    workers: 1,
    fullyParallel: false,
    forbidOnly: true,
    timeout: 180_000,
    expect: { timeout: 20_000 },
    reporter: [['list']],
    use: {
        browserName: 'chromium',
        viewport: { width: 1400, height: 900 },
        locale: 'en-GB',
        timezoneId: 'UTC',
        screenshot: 'only-on-failure',
        trace: 'retain-on-failure',
        actionTimeout: 20_000,
        navigationTimeout: 60_000,
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
