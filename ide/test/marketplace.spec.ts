import { expect, test } from '@playwright/test';
import { openIde } from './opened-ide.ts';

test('a registry that cannot be reached is said in the view, without a popup or an error in the console', async ({ browser }) => {
    // Nothing listens where the backend of the tests looks by default.
    const opened = await openIde(browser);
    try {
        const { ide } = opened;
        await ide.activity('vsx-extensions-view-container');
        await ide.searchExtensions('greet');
        await expect(ide.view('vsx-extensions-view-container').getByText('The marketplace cannot be reached.')).toBeVisible();
        await expect(ide.notifications()).toHaveCount(0);
        expect(opened.complaints).toEqual([]);
    } finally {
        await opened.close();
    }
});
