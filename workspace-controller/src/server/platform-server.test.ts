import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, createLogger, systemClock } from '@tandem/server-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { GatewayFixture, opened } from '../gateway/test-support/gateway-fixture.ts';
import { TestAccess } from '../gateway/test-support/test-access.ts';
import { TestDirectory } from '../gateway/test-support/test-directory.ts';
import { findFreePort } from './listen.ts';
import { createPlatformServer } from './platform-server.ts';

const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15';
const logger = createLogger({ name: 'server-test', level: 'silent' });

describe('the front door', () => {
    let fixture: GatewayFixture;
    beforeEach(async () => {
        fixture = await GatewayFixture.start();
    });
    afterEach(() => fixture.close());

    it('serves the portal on its own host only', async () => {
        expect((await fixture.fetch('/x', { host: `tandem.localhost:${fixture.port}` })).body).toBe('portal /x');
        const unknown = await fixture.fetch('/x', { host: 'evil.example' });
        expect(JSON.parse(unknown.body)).toMatchObject({ status: 404, code: 'unknown-host' });
        expect(fixture.portalRequests).toHaveLength(1);
    });

    it('leads localhost and loopback addresses to the portal and serves nothing there', async () => {
        for (const host of [`localhost:${fixture.port}`, `127.0.0.1:${fixture.port}`, `[::1]:${fixture.port}`]) {
            const page = await fixture.fetch('/new?repo=x', {
                host,
                headers: { Accept: 'text/html', 'User-Agent': 'Mozilla/5.0 Chrome/140 Safari/537.36' },
            });
            expect(page).toMatchObject({ status: 302, headers: { location: `${fixture.portalOrigin}/new?repo=x` } });
            expect((await fixture.fetch('/api/v1/me', { host })).status).toBe(404);
            await expect(opened(fixture.webSocket('/', { host }).on('error', () => undefined))).rejects.toThrow(/^404/);
        }
        const safari = await fixture.fetch('/new', {
            host: `localhost:${fixture.port}`,
            headers: { Accept: 'text/html', 'User-Agent': SAFARI },
        });
        expect(safari.status).toBe(200);
        expect(safari.body).toContain('npx tandem hosts');
        expect(safari.headers['content-security-policy']).toContain(`connect-src 'self' ${fixture.portalOrigin}`);
        const probe = await fixture.fetch('/.tandem/here', { host: `tandem.localhost:${fixture.port}` });
        expect(probe).toMatchObject({ status: 204, headers: { 'cross-origin-resource-policy': 'cross-origin' } });
        expect(fixture.portalRequests).toHaveLength(0);
    });

    it('ends connections that send their headers too slowly', async () => {
        const options = { hosts: ['127.0.0.1'], port: 0, gateway: fixture.gateway, portal: () => undefined, logger };
        const server = await createPlatformServer({ ...options, headersTimeoutMs: 60 });
        const silent = connect(server.port, '127.0.0.1');
        silent.write('GET / HTTP/1.1\r\nHost: tandem');
        const [answer] = (await once(silent, 'data')) as [Buffer];
        expect(answer.toString()).toMatch(/^HTTP\/1.1 408 /);
        silent.destroy();
        await server.close();
    });

    it('says which port is taken and what to do', async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
        const { port } = taken.address() as { port: number };
        const error = await createPlatformServer({
            hosts: ['127.0.0.1'],
            port,
            gateway: fixture.gateway,
            portal: () => undefined,
            logger,
        }).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(AppError);
        expect((error as Error).message).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is taken.*--port ${port + 1}`));
        await new Promise((resolve) => taken.close(resolve));
    });

    it('says which address does not exist', async () => {
        const options = { gateway: fixture.gateway, portal: () => undefined, logger, port: 0 };
        await expect(createPlatformServer({ ...options, hosts: ['192.0.2.1'] })).rejects.toThrow(/no address 192\.0\.2\.1/);
        await expect(createPlatformServer({ ...options, hosts: [] })).rejects.toThrow(/No address to listen on/);
    });

    it('listens on both loopback addresses with one port', async () => {
        const port = await findFreePort('127.0.0.1');
        const server = await createPlatformServer({
            hosts: ['127.0.0.1', '::1'],
            port,
            gateway: fixture.gateway,
            portal: (_, response) => response.end('both'),
            logger,
        });
        expect(server.port).toBe(port);
        expect(server.hosts[0]).toBe('127.0.0.1');
        await server.close();
    });
});

describe('the front door with TLS', () => {
    let folder: string;
    let gateway: Gateway;
    beforeEach(async () => {
        folder = mkdtempSync(join(tmpdir(), 'tls-'));
    });
    afterEach(async () => {
        await gateway.close();
        rmSync(folder, { recursive: true, force: true });
    });

    it('serves portal, workspaces and WebSockets with one wildcard certificate', async () => {
        const [certificateFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
        execFileSync(
            'openssl',
            [
                ...[
                    'req',
                    '-x509',
                    '-newkey',
                    'ec',
                    '-pkeyopt',
                    'ec_paramgen_curve:prime256v1',
                    '-nodes',
                    '-days',
                    '2',
                    '-subj',
                    '/CN=tandem',
                ],
                ...['-addext', 'subjectAltName=DNS:tandem.example.com,DNS:*.ws.example.com', '-keyout', keyFile, '-out', certificateFile],
            ],
            { stdio: 'ignore' },
        );
        const tls = { certificate: readFileSync(certificateFile), key: readFileSync(keyFile) };
        const port = await findFreePort('127.0.0.1');
        const access = await TestAccess.create(systemClock);
        const directory = new TestDirectory();
        gateway = createGateway({
            config: {
                portalUrl: new URL(`https://tandem.example.com:${port}`),
                contentDomain: 'ws.example.com',
                trustedProxies: [],
                platformPorts: [port],
                directories: { frontend: folder, webview: folder },
            },
            directory,
            access,
            listeningPorts: async () => [],
            logger,
            audit: async () => undefined,
        });
        const server = await createPlatformServer({
            hosts: ['127.0.0.1'],
            port,
            tls,
            gateway,
            portal: (_, response) => response.end('portal'),
            logger,
        });
        const fetch = (host: string, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
            new Promise((resolve, reject) => {
                httpsRequest(
                    {
                        host: '127.0.0.1',
                        port,
                        servername: host,
                        ca: tls.certificate,
                        agent: false,
                        headers: { Host: `${host}:${port}`, ...headers },
                    },
                    resolve,
                )
                    .on('error', reject)
                    .end();
            });
        const portal = await fetch('tandem.example.com');
        expect(portal.statusCode).toBe(200);
        portal.resume();
        directory.add('api-x7k2', undefined, { state: 'hibernated' });
        const uid = directory.byName('api-x7k2')?.workspace.metadata.uid ?? '';
        const code = await access.mintCode({
            sessionId: 's',
            user: { name: 'ada', displayName: 'Ada' },
            grantId: 'owner',
            role: 'owner',
            run: true,
            workspace: { name: 'api-x7k2', uid, namespace: 'team-home' },
            expiresAtMs: Infinity,
        });
        const entered = await new Promise<IncomingMessage>((resolve, reject) => {
            httpsRequest(
                {
                    host: '127.0.0.1',
                    port,
                    servername: 'api-x7k2.ws.example.com',
                    ca: tls.certificate,
                    agent: false,
                    path: `/.tandem/enter?code=${code}`,
                    headers: { Host: `api-x7k2.ws.example.com:${port}`, 'User-Agent': SAFARI },
                },
                resolve,
            )
                .on('error', reject)
                .end();
        });
        expect(entered.headers['set-cookie']?.[0]).toMatch(/^__Host-tandem-workspace=.*; Secure$/);
        entered.resume();
        await expect(fetch('a.b.ws.example.com')).rejects.toThrow(/altnames/);
        const dial: ClientOptions & { servername: string } = {
            servername: 'x.ws.example.com',
            ca: tls.certificate,
            headers: { Host: `api-x7k2.ws.example.com:${port}` },
        };
        const client = new WebSocket(`wss://127.0.0.1:${port}/`, dial);
        const [error] = (await once(client, 'error')) as [Error];
        expect(error.message).toContain('401');
        await server.close({ graceMs: 0 });
    });
});
