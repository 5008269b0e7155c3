import type { Locator, Page } from '@playwright/test';

/** The portal, by what a person reads on it. */
export class PortalPage {
    readonly page: Page;
    readonly origin: string;

    constructor(page: Page, origin: string) {
        this.page = page;
        this.origin = origin;
    }

    // Sign-in

    async openSignIn(): Promise<void> {
        await this.page.goto(`${this.origin}/sign-in`);
        await this.page.getByRole('heading', { name: 'Sign in to Tandem' }).waitFor();
    }

    async signInWithPassword(email: string, password: string): Promise<void> {
        await this.page.getByLabel('E-mail').fill(email);
        await this.page.getByLabel('Password').fill(password);
        await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    }

    async signInWithProvider(name: string): Promise<void> {
        await this.page.getByText(`Continue with ${name}`).click();
    }

    async signOut(): Promise<void> {
        await this.page.getByRole('button', { name: 'Your account and settings' }).click();
        await this.page.getByRole('menuitem', { name: 'Sign out' }).click();
        await this.page.getByRole('heading', { name: 'Sign in to Tandem' }).waitFor();
    }

    /** The heading of the first page after sign-in. */
    get home(): Locator {
        return this.page.getByRole('heading', { name: 'Workspaces', level: 1 });
    }

    /** From an invitation link to being signed in. */
    async join(url: string, name: string, password: string): Promise<void> {
        await this.page.goto(url);
        await this.page.getByLabel('Your name').fill(name);
        await this.page.getByText('Password', { exact: true }).first().click();
        await this.page.getByLabel('Choose a password').fill(password);
        await this.page.getByRole('button', { name: 'Join' }).click();
        await this.home.waitFor();
    }

    // Workspaces

    async openHome(): Promise<void> {
        await this.page.goto(this.origin);
        await this.home.waitFor();
    }

    /** Pastes a git address and presses Enter. */
    async createFrom(url: string): Promise<void> {
        const field = this.page.getByPlaceholder('Paste a git address and press Enter');
        await field.fill(url);
        await field.press('Enter');
    }

    /** The entry of a workspace in the list. */
    entry(name: string): Locator {
        return this.page.getByRole('list', { name: 'Workspaces' }).getByRole('listitem').filter({ hasText: name });
    }

    async act(name: string, action: 'Hibernate workspace' | 'Resume workspace' | 'Rename workspace' | 'Delete workspace'): Promise<void> {
        await this.page.getByRole('button', { name: `Actions for ${name}` }).click();
        await this.page.getByRole('menuitem', { name: action }).click();
    }

    /** Goes into the IDE by the entry's own link. */
    async open(name: string): Promise<void> {
        await this.entry(name).getByRole('link', { name, exact: true }).click();
    }
}
