import { createServer, type Server } from 'node:http';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@tandem/server-kit';
import { SignJWT, exportJWK, generateKeyPair, createLocalJWKSet, type CryptoKey } from 'jose';
import type { RoomAccess } from '@tandem/protocol';
import { createJwtAuthenticator } from '../src/auth/authenticator.ts';
import { SqliteUpdateLog } from '../src/log/sqlite-update-log.ts';
import { createCollabService, type CollabService, type CollabServiceOptions } from '../src/service.ts';

export { waitFor } from './wait-for.ts';

export interface RunningService {
    readonly service: CollabService;
    readonly server: Server;
    readonly url: string;
    readonly http: string;
    readonly directory: string;
    close(): Promise<void>;
}

export function temporaryDirectory(): string {
    return mkdtempSync(join(tmpdir(), 'tandem-collab-'));
}

/** A real service on a free port. */
export async function startService(
    options: Partial<CollabServiceOptions> & { directory?: string; port?: number } = {},
): Promise<RunningService> {
    const directory = options.directory ?? temporaryDirectory();
    const log = options.log ?? (await SqliteUpdateLog.open(directory));
    const service = createCollabService({
        logger: createLogger({ name: 'collab', level: process.env.TANDEM_TEST_LOG ?? 'silent' }),
        ...options,
        log,
    });
    await service.start();
    const server = createServer((request, response) => service.handleRequest(request, response));
    server.on('upgrade', (request, socket, head) => service.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
        service,
        server,
        url: `ws://127.0.0.1:${port}`,
        http: `http://127.0.0.1:${port}`,
        directory,
        async close() {
            server.close();
            await service.close();
            server.closeAllConnections();
        },
    };
}

/** A key pair and what makes and checks tokens with it. */
export async function createIssuer() {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'EdDSA' };
    return {
        jwk,
        authenticate: createJwtAuthenticator({ keys: createLocalJWKSet({ keys: [jwk] }) }),
        token: (claims: TokenClaims = {}) => signToken(privateKey, claims),
    };
}

export interface TokenClaims {
    sub?: string;
    sid?: string;
    grant?: string;
    name?: string;
    rooms?: { pattern: string; access: RoomAccess }[];
    expiresInS?: number;
    jti?: string;
    aud?: string;
}

export function signToken(key: CryptoKey, claims: TokenClaims): Promise<string> {
    const { expiresInS = 300, ...rest } = claims;
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
        iss: 'test',
        aud: 'collab',
        sub: 'ada',
        sid: 's1',
        grant: 'g1',
        role: 'editor',
        rooms: [{ pattern: '**', access: 'write' }],
        ...rest,
        iat: now,
        exp: now + expiresInS,
    })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
        .sign(key);
}
