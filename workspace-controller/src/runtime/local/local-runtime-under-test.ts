import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger, systemClock } from '@tandem/server-kit';
import type { RuntimeUnderTest } from '../workspace-runtime.contract.ts';
import type { Endpoint } from '../workspace-runtime.ts';
import type { Isolation } from './isolation.ts';
import { createLocalRuntime, type LocalRuntime, type LocalRuntimeOptions } from './local-runtime.ts';

/** The real runtime over a folder of its own, with a small real backend. */
export interface LocalRuntimeUnderTest extends RuntimeUnderTest {
    runtime: LocalRuntime;
    another(): Promise<LocalRuntime>;
    dataDir: string;
}

const entry = fileURLToPath(new URL('./fixtures/small-ide.mjs', import.meta.url));

export async function makeLocalRuntime(
    overrides: {
        isolation?: Isolation;
        environment?: NodeJS.ProcessEnv;
        ide?: Partial<LocalRuntimeOptions['ide']>;
        below?: string;
        identity?: LocalRuntimeOptions['identity'];
    } = {},
): Promise<LocalRuntimeUnderTest> {
    const dataDir = await mkdtemp(join(overrides.below ?? tmpdir(), 'tandem-runtime-'));
    const runtimes: LocalRuntime[] = [];
    const another = async (): Promise<LocalRuntime> => {
        const runtime = await createLocalRuntime({
            dataDir,
            ide: { entry, ...overrides.ide },
            identity: overrides.identity ?? { issuer: 'http://tandem.localhost', jwks: () => ({ keys: [] }) },
            environment: overrides.environment ?? process.env,
            logger: createLogger({ name: 'runtime', level: 'silent' }),
            clock: systemClock,
            isolation: overrides.isolation,
        });
        runtimes.push(runtime);
        return runtime;
    };
    return {
        dataDir,
        runtime: await another(),
        another,
        execute: async (endpoint, command) =>
            JSON.parse(await post(endpoint, '/run', command)) as Awaited<ReturnType<RuntimeUnderTest['execute']>>,
        exit: async (endpoint, code) => {
            await post(endpoint, '/exit', String(code)).catch(() => undefined);
        },
        async tearDown() {
            const last = runtimes.at(-1)!;
            for (const uid of await last.list()) {
                await last.destroy(uid);
            }
            await Promise.all(runtimes.map((runtime) => runtime.close({ stopWorkspaces: false })));
            await rm(last.workspacesDir, { recursive: true, force: true });
            await rm(dataDir, { recursive: true, force: true });
        },
    };
}

/** Sends a request to a backend. */
export function post(endpoint: Endpoint, path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
        const outgoing = request({ ...endpoint, path, method: 'POST', agent: false }, (response) => {
            let text = '';
            response.setEncoding('utf8');
            response.on('data', (chunk: string) => (text += chunk));
            response.on('end', () => resolve(text));
            response.on('error', reject);
        });
        outgoing.on('error', reject);
        outgoing.end(body);
    });
}
