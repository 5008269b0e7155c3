import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedEncodings, sendAsset } from './static-assets';

const SCRIPT = 'console.log("hello");';

describe('acceptedEncodings', () => {
    it.each([
        ['gzip, deflate, br', ['br', 'gzip']],
        ['gzip', ['gzip']],
        ['br;q=0, gzip;q=0.5', ['gzip']],
        ['*', ['br', 'gzip']],
        ['identity', []],
        [undefined, []],
    ])('of %s are %j', (header, names) => {
        expect(acceptedEncodings(header).map(({ name }) => name)).toEqual(names);
    });
});

describe('sendAsset', () => {
    let root: string;
    let server: Server;

    beforeAll(async () => {
        root = await mkdtemp(path.join(os.tmpdir(), 'tandem-assets-'));
        const folder = path.join(root, 'frontend');
        await mkdir(path.join(folder, 'build'), { recursive: true });
        await writeFile(path.join(root, 'secret.js'), 'secret');
        await writeFile(path.join(folder, 'build/bundle.js'), SCRIPT);
        await writeFile(path.join(folder, 'build/bundle.js.br'), brotliCompressSync(SCRIPT));
        await writeFile(path.join(folder, 'build/bundle.js.gz'), gzipSync(SCRIPT));
        server = createServer((request, response) => {
            void sendAsset(folder, request.url ?? '/', request, response).then((sent) => sent || response.writeHead(404).end());
        }).listen(0, '127.0.0.1');
        await once(server, 'listening');
    });

    afterAll(async () => {
        server.close();
        await once(server, 'close');
        await rm(root, { recursive: true, force: true });
    });

    // Not fetch: it tidies paths before they leave.
    async function get(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
        const { port } = server.address() as { port: number };
        const request = httpRequest({ host: '127.0.0.1', port, path: url, headers, agent: false }).end();
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        response.resume();
        await once(response, 'end');
        return response;
    }

    it('sends the smallest form that the client takes, for ever', async () => {
        const response = await get('/build/bundle.js', { 'Accept-Encoding': 'gzip, br' });
        expect(response.statusCode).toBe(200);
        expect(response.headers).toMatchObject({
            'content-encoding': 'br',
            'content-type': 'text/javascript; charset=utf-8',
            'cache-control': 'public, max-age=31536000, immutable',
            vary: 'Accept-Encoding',
        });
        expect((await get('/build/bundle.js', { 'Accept-Encoding': 'gzip' })).headers['content-encoding']).toBe('gzip');
        expect((await get('/build/bundle.js')).headers['content-encoding']).toBeUndefined();
    });

    it.each([
        '/../secret.js',
        '/build/../../secret.js',
        '/%2e%2e/secret.js',
        '/build/..%2f..%2fsecret.js',
        '/%',
        '/build',
        '/bundle%00.js',
        '/',
    ])('finds nothing at %s', async (url) => {
        expect((await get(url)).statusCode).toBe(404);
    });
});
