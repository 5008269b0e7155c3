import { OpenIdProvider } from '../fixtures/openid-provider.ts';
import { Platform } from '../fixtures/platform.ts';
import { firstAdmin } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/test.ts';
import { PortalPage } from '../pages/portal-page.ts';

const ACCOUNTS = [
    { sub: 'u1', name: 'Katherine', email: 'katherine@example.com', groups: ['web'] },
    { sub: 'u2', name: 'Dorothy', email: 'dorothy@example.com', groups: ['admins'] },
];

test('people sign in with an OpenID provider and get the rights of their groups', async ({ browser }) => {
    const provider = await OpenIdProvider.start(ACCOUNTS);
    const platform = await Platform.start({ env: provider.environment('admins=admin,web=team:home:lead') });
    try {
        provider.admit(platform.url);
        await firstAdmin(platform);
        const signInAs = async (account: string) => {
            const context = await browser.newContext();
            const page = await context.newPage();
            const portal = new PortalPage(page, platform.url);
            await portal.openSignIn();
            await portal.signInWithProvider('Example ID');
            await page.getByLabel('Account').fill(account);
            await page.getByRole('button', { name: 'Continue' }).click();
            await expect(portal.home).toBeVisible();
            const session = await page.evaluate(async () => (await fetch('/api/v1/session')).json());
            return { context, page, portal, session };
        };
        const lead = await signInAs('u1');
        expect(lead.session).toMatchObject({
            user: { displayName: 'Katherine', email: 'katherine@example.com', admin: false },
            teams: [{ name: 'home', role: 'lead' }],
        });
        const admin = await signInAs('u2');
        expect(admin.session).toMatchObject({ user: { displayName: 'Dorothy', admin: true } });

        await lead.portal.signOut();
        await lead.page.goto(platform.url);
        await expect(lead.page.getByRole('heading', { name: 'Sign in to Tandem' })).toBeVisible();
        await lead.context.close();
        await admin.context.close();
    } finally {
        await platform.remove();
        await provider.stop();
    }
});
