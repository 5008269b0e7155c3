import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CONTROL_PATH, decodeWorkspaceMessage, IDENTITY_HEADER, type ControllerMessage, type WorkspaceMessage } from '@tandem/protocol';
import { specOf, untilPhase } from '../workspace-runtime.contract.ts';
import type { Endpoint } from '../workspace-runtime.ts';
import { makeLocalRuntime, type LocalRuntimeUnderTest } from './local-runtime-under-test.ts';

const ide = fileURLToPath(new URL('../../../../ide', import.meta.url));
const entry = join(ide, 'lib', 'backend', 'main.js');
const ISSUER = 'http://tandem.localhost';
const STARTS_MS = 120_000;

describe.runIf(existsSync(entry))('the real IDE as a local workspace', { timeout: STARTS_MS }, () => {
    const uid = randomUUID();
    let under: LocalRuntimeUnderTest;
    let endpoint: Endpoint;
    let bootId: string;
    let sign: (claims: Record<string, unknown>) => Promise<string>;

    beforeAll(async () => {
        const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
        const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'EdDSA' };
        sign = (claims) =>
            new SignJWT({ sid: 's', ...claims })
                .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
                .setIssuer(ISSUER)
                .setAudience(`workspace:${uid}`)
                .setIssuedAt()
                .setExpirationTime('5m')
                .sign(privateKey);
        under = await makeLocalRuntime({
            ide: { entry, pluginsDir: join(ide, 'plugins'), programFolders: [join(ide, 'lib')] },
            identity: { issuer: ISSUER, jwks: () => ({ keys: [key] }) },
        });
        await under.runtime.start({ ...specOf(uid), memoryMiB: 2048 });
        const { boot } = await untilPhase(under.runtime, uid, 'started');
        ({ endpoint, bootId } = boot);
    }, STARTS_MS);
    afterAll(() => under.tearDown());

    const status = async (claims?: Record<string, unknown>): Promise<number> => {
        const headers = claims === undefined ? {} : { [IDENTITY_HEADER]: await sign(claims) };
        return new Promise((resolve, reject) => {
            get({ ...endpoint, path: '/', headers, agent: false }, (response) => {
                response.resume();
                resolve(response.statusCode ?? 0);
            }).on('error', reject);
        });
    };

    it('lets nobody in before it is activated and then its owner, and ends with everything saved when told to', async () => {
        expect(await status()).toBe(401);
        const socketPath = (endpoint as { socketPath: string }).socketPath;
        const token = await sign({ sub: 'controller', role: 'controller', grant: 'controller' });
        const control = new WebSocket(`ws+unix://${socketPath}:${CONTROL_PATH}`, { headers: { [IDENTITY_HEADER]: token } });
        const seen: WorkspaceMessage[] = [];
        let wake: () => void = () => undefined;
        control.on('message', (data) => {
            const message = decodeWorkspaceMessage(String(data));
            if (message !== undefined) {
                seen.push(message);
                wake();
            }
        });
        const next = async (type: WorkspaceMessage['type']): Promise<WorkspaceMessage> => {
            for (;;) {
                const found = seen.find((message) => message.type === type);
                if (found !== undefined) {
                    return found;
                }
                await new Promise<void>((resolve) => (wake = resolve));
            }
        };
        expect(await next('hello')).toMatchObject({ bootId, prepared: false });
        const activation: ControllerMessage = {
            type: 'activate',
            id: randomUUID(),
            claimUid: randomUUID(),
            generation: 1,
            bootId,
            workspace: { name: 'web-k2fj', uid, namespace: 'team-home', displayName: 'Web', templateName: 'Default' },
            owner: { name: 'ada', displayName: 'Ada', email: 'ada@example.com' },
            git: { name: 'Ada', email: 'ada@example.com' },
            environment: {},
            portalUrl: ISSUER,
        };
        control.send(JSON.stringify(activation));
        await next('activated');
        expect(await status({ sub: 'ada', role: 'owner', grant: 'owner', gen: 1 })).toBe(200);
        expect(await status({ sub: 'eve', role: 'viewer', grant: 'g', gen: 1 })).toBe(403);
        expect(await under.runtime.listeningPorts(uid)).toEqual([]);
        control.send(JSON.stringify({ type: 'stop', id: randomUUID(), reason: 'test', deadlineMs: 5_000 } satisfies ControllerMessage));
        await next('stopping');
        await untilPhase(under.runtime, uid, 'stopped');
        control.terminate();
        expect(await readFile(join(under.runtime.workspacesDir, uid, 'log', 'ide.log'), 'utf8')).toContain('[tandem] ending: test');
    });
});
