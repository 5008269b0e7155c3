import type { Browser } from '@playwright/test';
import { IdePage } from '../../tests/e2e/pages/ide-page.ts';
import { startBackend, type Backend } from './backend.ts';
import { fillProject, type Files } from './project.ts';

/** A browser tab with the IDE on a backend of its own. */
export interface OpenedIde {
    readonly backend: Backend;
    readonly ide: IdePage;
    /** Errors in the page and in its console. */
    readonly complaints: readonly string[];
    close(): Promise<void>;
}

/** Theia's theme picker reads the first match while the filter has none; nothing is lost by it. */
const isKnown = (error: Error): boolean => error.message.includes("reading 'id'") && error.stack?.includes('onDidChangeActive') === true;

/** @param options files: what the project has beside the sample; environment: of the backend. */
export async function openIde(
    browser: Browser,
    options: { files?: Files; environment?: Readonly<Record<string, string>> } = {},
): Promise<OpenedIde> {
    const backend = await startBackend(options.environment);
    await fillProject(backend.project, options.files);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => {
        if (!isKnown(error)) {
            complaints.push(error.stack ?? error.message);
        }
    });
    page.on('console', (message) => {
        if (message.type() === 'error') {
            complaints.push(message.text());
        }
    });
    const ide = new IdePage(page);
    await ide.open(backend.url);
    return {
        backend,
        ide,
        complaints,
        close: async () => {
            await page.close();
            await backend.stop();
        },
    };
}
