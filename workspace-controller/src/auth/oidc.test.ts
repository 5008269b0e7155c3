import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LightMyRequestResponse } from 'fastify';
import Provider, { type Configuration } from 'oidc-provider';
import { systemClock } from '@tandem/server-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiFixture, PORTAL } from '../http/testing/api-fixture.ts';
import { mapGroups } from './oidc.ts';

interface Account {
    email: string;
    email_verified: boolean;
    name: string;
    groups: string[];
}

/** A browser that keeps the provider's cookies and fills in its forms. */
class ProviderBrowser {
    private readonly cookies = new Map<string, string>();

    /** Signs in as `login` and agrees; the answer is the address that the provider sends the browser back to. */
    async signIn(start: string, login: string): Promise<URL> {
        let url = start;
        for (let step = 0; step < 20; step++) {
            if (url.startsWith(PORTAL.origin)) {
                return new URL(url);
            }
            const page = await this.fetch(url);
            const next = page.headers.get('location');
            if (next !== null) {
                url = new URL(next, url).href;
                continue;
            }
            const html = await page.text();
            const action = /action="([^"]+)"/.exec(html)?.[1];
            const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1];
            if (action === undefined || prompt === undefined) {
                throw new Error(`No form at ${url}: ${html.slice(0, 500)}`);
            }
            const form = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'x' } : { prompt });
            const answer = await this.fetch(new URL(action, url).href, { method: 'POST', body: form });
            url = new URL(answer.headers.get('location') ?? '', url).href;
        }
        throw new Error('The provider did not send the browser back');
    }

    private async fetch(url: string, init: RequestInit = {}): Promise<Response> {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
        for (const header of response.headers.getSetCookie()) {
            const [pair = ''] = header.split(';');
            const at = pair.indexOf('=');
            this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
        }
        return response;
    }
}

describe('sign-in with an OpenID provider', () => {
    const accounts = new Map<string, Account>();
    let server: Server;
    let issuer: string;
    let fixture: ApiFixture;

    beforeAll(async () => {
        server = createServer();
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const configuration: Configuration = {
            clients: [{ client_id: 'tandem', client_secret: 'client-secret', redirect_uris: [`${PORTAL.origin}/auth/oidc/corp/callback`] }],
            claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
            scopes: ['openid', 'email', 'profile', 'groups'],
            pkce: { required: () => true },
            features: { devInteractions: { enabled: true } },
            cookies: { keys: ['test'] },
            findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) }),
        };
        const provider = new Provider(issuer, configuration);
        server.on('request', provider.callback());
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    beforeEach(async () => {
        accounts.clear();
        const groupMapping = { admins: 'admin', web: 'team:home:developer', 'web-leads': 'team:home:lead', gone: 'team:nowhere:lead' };
        // The provider's tokens carry real times.
        fixture = await ApiFixture.start({
            clock: systemClock,
            oidc: {
                id: 'corp',
                name: 'Corp',
                issuer,
                clientId: 'tandem',
                clientSecret: 'client-secret',
                groupsClaim: 'groups',
                groupMapping,
            },
        });
    });
    afterEach(() => fixture.close());

    const account = (login: string, groups: string[] = [], changes: Partial<Account> = {}): void => {
        accounts.set(login, { email: `${login}@example.com`, email_verified: true, name: `${login} of Corp`, groups, ...changes });
    };
    const start = async (): Promise<{ url: string; cookie: string }> => {
        const answer = await fixture.app.inject(`/auth/oidc/corp/start?return=${encodeURIComponent('/open/space-1?to=/x')}`);
        expect(answer.statusCode).toBe(302);
        return { url: String(answer.headers['location']), cookie: answer.cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
    };
    const callback = (back: URL, cookie: string) => fixture.app.inject({ url: back.pathname + back.search, headers: { cookie } });
    const signIn = async (login: string): Promise<LightMyRequestResponse> => {
        const { url, cookie } = await start();
        return callback(await new ProviderBrowser().signIn(url, login), cookie);
    };

    it('offers the provider on the sign-in page', async () => {
        const options = (await fixture.call(fixture.anonymous, 'getSignInOptions')).json<object>();
        expect(options).toMatchObject({ providers: [{ id: 'corp', name: 'Corp', url: '/auth/oidc/corp/start' }] });
    });

    it('makes an account with the rights of the groups, and comes back to where it began', async () => {
        account('ada', ['admins', 'web', 'web-leads', 'gone']);
        const answer = await signIn('ada');
        expect([answer.statusCode, answer.headers['location']]).toEqual([302, '/open/space-1?to=/x']);
        const cookie = answer.cookies.filter(({ value }) => value !== '').map(({ name, value }) => `${name}=${value}`);
        expect(cookie).toHaveLength(1);
        const session = await fixture.app.inject({ url: '/api/v1/session', headers: { cookie: cookie[0] as string } });
        expect(session.json()).toMatchObject({
            user: { name: 'ada', email: 'ada@example.com', displayName: 'ada of Corp', admin: true },
            teams: [{ name: 'home', role: 'lead' }],
            hasCredential: true,
        });
        const { items } = await fixture.audit.list({ limit: 1, action: 'session.sign-in' });
        expect(items[0]).toMatchObject({ actor: 'ada', outcome: 'allowed', detail: { method: 'oidc', provider: 'corp' } });
    });

    it('follows the groups at every sign-in, and knows the person by more than the address', async () => {
        account('ada', ['admins', 'web-leads']);
        await signIn('ada');
        account('ada', ['web'], { email: 'ada.new@example.com' });
        await signIn('ada');
        expect(fixture.auth.rights.users()).toHaveLength(1);
        expect(fixture.auth.rights.user('ada')?.spec.admin).toBe(false);
        expect(fixture.auth.rights.teamsOf('ada').map(({ role }) => role)).toEqual(['developer']);
        account('ada', []);
        await signIn('ada');
        expect(fixture.auth.rights.teamsOf('ada')).toEqual([]);
    });

    it('takes over an account of the same address only when the provider has verified it', async () => {
        await fixture.addUser('ada');
        account('mallory', [], { email: 'ada@example.com', email_verified: false });
        const answer = await signIn('mallory');
        expect(answer.headers['location']).toBe('/sign-in?error=forbidden');
        expect(answer.headers['set-cookie']).toBeUndefined();
        account('ada');
        await signIn('ada');
        expect(fixture.auth.rights.users()).toHaveLength(1);
    });

    it('refuses a disabled person', async () => {
        account('ada');
        await signIn('ada');
        await fixture.auth.people.update('ada', (user) => {
            user.spec.disabled = true;
        });
        const answer = await signIn('ada');
        expect(answer.headers['location']).toBe('/sign-in?error=user-disabled');
        expect(answer.headers['set-cookie']).toBeUndefined();
    });

    it('refuses an answer in another browser, a second time, or with a changed state or code', async () => {
        account('ada');
        const refused = async (back: URL, cookie: string): Promise<void> => {
            const answer = await callback(back, cookie);
            expect(answer.headers['location']).toMatch(/^\/sign-in\?error=(link-expired|wrong-credentials)$/);
            expect(answer.headers['set-cookie']).toBeUndefined();
        };
        const first = await start();
        const back = await new ProviderBrowser().signIn(first.url, 'ada');
        await refused(back, (await start()).cookie);
        await refused(back, '');
        const second = await start();
        const fresh = await new ProviderBrowser().signIn(second.url, 'ada');
        const changed = new URL(fresh);
        changed.searchParams.set('code', 'made-up');
        await refused(changed, second.cookie);
        await refused(fresh, second.cookie);
        const cancelled = await start();
        const state = new URL(cancelled.url).searchParams.get('state') ?? '';
        await refused(new URL(`/auth/oidc/corp/callback?error=access_denied&state=${state}`, PORTAL), cancelled.cookie);
        expect((await fixture.audit.list({ limit: 10, outcome: 'denied' })).items).toHaveLength(5);
    });

    it('goes back to the sign-in page when the provider is away, and does not lead elsewhere', async () => {
        const answer = await fixture.app.inject('/auth/oidc/corp/start?return=https://evil.example.com');
        expect(new URL(String(answer.headers['location'])).origin).toBe(issuer);
        const lost = await ApiFixture.start({
            clock: systemClock,
            oidc: {
                id: 'corp',
                name: 'Corp',
                issuer: 'http://127.0.0.1:9',
                clientId: 'x',
                clientSecret: 'y',
                groupsClaim: 'groups',
                groupMapping: {},
            },
        });
        expect((await lost.app.inject('/auth/oidc/corp/start')).headers['location']).toBe('/sign-in?error=unavailable');
        await lost.close();
    });
});

describe('groups of a provider', () => {
    const groupMapping = { a: 'admin', b: 'admin', d: 'team:x:developer', l: 'team:x:lead', o: 'team:y:developer' };

    it.each([
        [['b', 'd', 'l'], true, 'lead', undefined],
        [['l', 'd'], false, 'lead', undefined],
        [['d', 'o'], false, 'developer', 'developer'],
        ['a', true, undefined, undefined],
        [undefined, false, undefined, undefined],
    ])('%j', (claim, admin, x, y) => {
        const mapped = mapGroups({ groupMapping }, claim);
        expect([mapped.admin, mapped.teams.get('x'), mapped.teams.get('y')]).toEqual([admin, x, y]);
    });

    it('leave admins alone when none maps to admin', () => {
        expect(mapGroups({ groupMapping: { d: 'team:x:developer' } }, ['d']).admin).toBeUndefined();
    });
});
