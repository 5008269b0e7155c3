import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const candidates = [process.env['TANDEM_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** A browser of the machine; without one, Playwright's own is used. */
const executablePath = candidates.find((candidate) => candidate && existsSync(candidate));

export default defineConfig({
    testDir: 'test',
    outputDir: 'test-results',
    timeout: 180_000,
    workers: 1,
    reporter: [['list']],
    expect: { timeout: 60_000 },
    use: {
        viewport: { width: 1400, height: 900 },
        actionTimeout: 30_000,
        screenshot: 'only-on-failure',
        trace: 'off',
        launchOptions: {
            executablePath,
            // Chromium refuses its sandbox to root.
            args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
        },
    },
});
