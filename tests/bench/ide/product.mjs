/** Starts the built IDE as the platform does: a backend per workspace, the bundles on one origin that all workspaces share. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';

const ide = path.resolve(import.meta.dirname, '../../../ide');
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };

/** @returns {string | undefined} the Chromium of this machine */
export function chromiumPath() {
    return [process.env.TANDEM_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => file && existsSync(file));
}

/** @returns {Promise<number>} a port of the loopback address that nobody listens on */
export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** Serves `ide/lib/frontend` with the headers of the gateway. */
export async function startStaticOrigin(port) {
    const root = path.join(ide, 'lib/frontend');
    const server = http.createServer(async (request, response) => {
        const file = path.join(root, decodeURIComponent(request.url.split('?')[0]));
        const encoded = existsSync(`${file}.br`) && request.headers['accept-encoding']?.includes('br');
        if (!file.startsWith(root + path.sep) || !existsSync(file)) {
            response.writeHead(404).end();
            return;
        }
        const body = await readFile(encoded ? `${file}.br` : file);
        response.writeHead(200, {
            'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
            'Cache-Control': 'public, max-age=31536000, immutable',
            'Access-Control-Allow-Origin': '*',
            'Cross-Origin-Resource-Policy': 'cross-origin',
            ...(encoded ? { 'Content-Encoding': 'br' } : {}),
        });
        response.end(body);
    });
    await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
    const { build } = JSON.parse(await readFile(path.join(root, 'manifest.json'), 'utf8'));
    const bundleFile = path.join(root, build, 'bundle.js');
    return { origin: `http://static.ws.tandem.localhost:${port}`, bundleFile, stop: () => server.close() };
}

/** @returns {Promise<{url: string, stop: () => void}>} */
export async function startProduct({ folder, home, port, name, staticOrigin }) {
    const args = [
        path.join(ide, 'lib/backend/main.js'),
        folder,
        '--hostname',
        '127.0.0.1',
        '--port',
        String(port),
        `--plugins=local-dir:${path.join(ide, 'plugins')}`,
    ];
    const env = { ...process.env, HOME: home, THEIA_CONFIG_DIR: path.join(home, '.tandem-ide'), TANDEM_STATIC_ORIGIN: staticOrigin };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    await new Promise((resolve, reject) => {
        const read = (chunk) => {
            output += chunk;
            // Members of the warm pool have their extensions deployed before anybody claims them.
            if (output.includes('Deploy plugins list')) {
                resolve();
            }
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.once('exit', (code) => reject(new Error(`The IDE ended with ${code}:\n${output}`)));
    });
    return { url: `http://${name}.ws.tandem.localhost:${port}/`, stop: () => child.kill() };
}
