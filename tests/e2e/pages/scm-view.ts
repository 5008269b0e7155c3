import type { Locator } from '@playwright/test';
import type { IdePage } from './ide-page.ts';

/** The source control view of the IDE. */
export class ScmView {
    private readonly ide: IdePage;

    constructor(ide: IdePage) {
        this.ide = ide;
    }

    async open(): Promise<void> {
        await this.ide.activity('scm-view-container');
        await this.message.waitFor();
    }

    /** The branch in the status bar: there once git has been started and has read the repository. */
    branch(name: string): Locator {
        return this.ide.statusBar().getByText(name, { exact: true });
    }

    get message(): Locator {
        return this.ide.view('scm-view-container').locator('textarea, .monaco-editor textarea').first();
    }

    /** A changed file. */
    change(name: string): Locator {
        return this.ide.view('scm-view-container').locator('.scmItem').filter({ hasText: name });
    }

    /** Stages all and commits with the message by the palette's commands, pushes by the view's button. */
    async commitAllAndPush(message: string): Promise<void> {
        await this.ide.command('Git: Stage All Changes');
        await this.message.fill(message);
        await this.ide.command('Git: Commit');
        await this.ide.view('scm-view-container').locator('.scmItem').first().waitFor({ state: 'detached' });
        await this.ide
            .view('scm-view-container')
            .locator('button, .theia-button, [role=button]')
            .filter({ hasText: 'Sync Changes' })
            .first()
            .click();
        // Git says once that it will pull and push.
        await this.ide.page.getByRole('button', { name: 'OK', exact: true }).click();
    }
}
