import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';

export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

/** One call to the platform, on loopback with the name in the Host header, as a browser dials *.localhost. */
async function call(url, { method = 'GET', headers = {}, body } = {}) {
    const { host, port, pathname, search } = new URL(url);
    const sent = request({
        host: '127.0.0.1',
        port,
        method,
        path: pathname + search,
        headers: { host, 'content-type': 'application/json', ...headers },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(sent, 'response');
    let text = '';
    for await (const chunk of response) {
        text += chunk;
    }
    if (response.statusCode >= 400) {
        throw new Error(`${method} ${url} was answered with ${response.statusCode}: ${text.slice(0, 500)}`);
    }
    return { headers: response.headers, value: text.startsWith('{') ? JSON.parse(text) : text };
}

/** Signs in by the printed link, makes an empty workspace and waits until it runs. @returns what was seen, for people */
export async function signInAndMakeWorkspace(link) {
    const { origin, hash } = new URL(link);
    const token = new URLSearchParams(hash.slice(1)).get('token');
    const api = `${origin}/api/v1`;
    const signedIn = await call(`${api}/session/link`, { method: 'POST', headers: { origin }, body: { token } });
    const headers = {
        origin,
        cookie: signedIn.headers['set-cookie'].map((line) => line.split(';', 1)[0]).join('; '),
        'tandem-request-secret': signedIn.value.requestSecret,
    };
    const portal = await call(`${origin}/`, { headers: { accept: 'text/html' } });
    if (!String(portal.value).includes('<script')) {
        throw new Error('The portal is not served.');
    }
    const team = signedIn.value.teams[0].name;
    const { value: created } = await call(`${api}/teams/${team}/workspaces`, { method: 'POST', headers, body: {} });
    const deadline = performance.now() + 60_000;
    for (;;) {
        const { value } = await call(`${api}/teams/${team}/workspaces/${created.metadata.name}`, { headers });
        if (value.status.state === 'running') {
            return `signed in as ${signedIn.value.user.name}, ${created.metadata.name} is running`;
        }
        if (value.status.state === 'failed' || performance.now() > deadline) {
            throw new Error(`${created.metadata.name} is ${value.status.state}: ${value.status.reason ?? ''}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
}
