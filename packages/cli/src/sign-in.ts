import { createApiClient, type ApiClient } from '@tandem/api-client';
import { LINK_TOKEN_FRAGMENT, PORTAL_PAGES, REQUEST_SECRET_HEADER, type Session } from '@tandem/protocol';
import { originOf } from './credentials.ts';
import { CliError, EXIT_CODES } from './exit-codes.ts';

export interface LinkSession {
    origin: string;
    session: Session;
    /** Acts with the session's cookie, as the portal's page does. */
    client: ApiClient;
}

/**
 * Signs in with a one-time link, as the page that it leads to would.
 *
 * @throws CliError for what is not such a link; ApiError `link-expired`
 */
export async function signInWithLink(link: string, fetchFunction: typeof fetch): Promise<LinkSession> {
    const { origin, token } = readLink(link);
    let cookies = '';
    const secret: { value?: string } = {};
    const withCookies: typeof fetch = async (input, init) => {
        const response = await fetchFunction(input, init);
        const set = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0] ?? '');
        cookies = set.length > 0 ? set.join('; ') : cookies;
        return response;
    };
    const client = createApiClient({
        baseUrl: origin,
        fetch: withCookies,
        headers: () => ({
            origin,
            ...(cookies ? { cookie: cookies } : {}),
            ...(secret.value === undefined ? {} : { [REQUEST_SECRET_HEADER]: secret.value }),
        }),
    });
    const session = await client.signInWithLink({ body: { token } });
    secret.value = session.requestSecret;
    return { origin, session, client };
}

function readLink(link: string): { origin: string; token: string } {
    const origin = originOf(link);
    const url = new URL(link);
    const token = new URLSearchParams(url.hash.slice(1)).get(LINK_TOKEN_FRAGMENT);
    if (url.pathname === PORTAL_PAGES.invitation) {
        throw new CliError(
            'This is an invitation. Open it in a browser to make your account, then make a token there and run "tandem login --token".',
            EXIT_CODES.usage,
        );
    }
    if (url.pathname !== PORTAL_PAGES.signIn || !token) {
        throw new CliError(
            `"${origin}${url.pathname}" is not a sign-in link. It looks like ${origin}${PORTAL_PAGES.signIn}#${LINK_TOKEN_FRAGMENT}=…; quote it, because shells cut at "#".`,
            EXIT_CODES.usage,
        );
    }
    return { origin, token };
}
