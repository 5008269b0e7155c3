// The platform's API as a script on the same machine uses it: dials loopback, names the host.
import { request } from 'node:http';

/**
 * @param {URL} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: unknown, agent?: import('node:http').Agent }} options
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, text: string }>}
 */
export function send(url, { method = 'GET', headers = {}, body, agent } = {}) {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
        const outgoing = request(
            {
                host: '127.0.0.1',
                port: url.port,
                path: url.pathname + url.search,
                method,
                agent,
                headers: {
                    host: url.host,
                    ...(payload === undefined
                        ? {}
                        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
                    ...headers,
                },
            },
            (response) => {
                let text = '';
                response.setEncoding('utf8');
                response.on('data', (chunk) => (text += chunk));
                response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
                response.on('error', reject);
            },
        );
        outgoing.on('error', reject);
        outgoing.end(payload);
    });
}

/** Cookies of an answer, as the next request sends them. */
export function cookiesOf(response, earlier = '') {
    const jar = new Map(
        earlier
            .split('; ')
            .filter(Boolean)
            .map((pair) => [pair.split('=')[0], pair]),
    );
    for (const cookie of response.headers['set-cookie'] ?? []) {
        const pair = cookie.split(';')[0];
        jar.set(pair.split('=')[0], pair);
    }
    return [...jar.values()].join('; ');
}

/** Signs in with a one-time link and calls operations as that person. */
export class Platform {
    static async signIn(signInUrl) {
        const url = new URL(signInUrl);
        const token = new URLSearchParams(url.hash.slice(1)).get('token');
        const platform = new Platform(url.origin);
        const response = await send(new URL('/api/v1/session/link', url), {
            method: 'POST',
            headers: { origin: url.origin },
            body: { token },
        });
        if (response.status !== 200) {
            throw new Error(`signing in failed: ${response.status} ${response.text}`);
        }
        platform.cookies = cookiesOf(response);
        platform.secret = JSON.parse(response.text).requestSecret;
        return platform;
    }

    constructor(origin) {
        this.origin = origin;
    }

    async call(method, path, body) {
        const response = await send(new URL(`/api/v1${path}`, this.origin), {
            method,
            headers: { origin: this.origin, cookie: this.cookies, 'tandem-request-secret': this.secret },
            body,
        });
        if (response.status >= 300) {
            throw new Error(`${method} ${path}: ${response.status} ${response.text}`);
        }
        return response.text === '' ? undefined : JSON.parse(response.text);
    }
}
