import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuditEntry, Workspace } from '@tandem/protocol';
import { createLogger, systemClock } from '@tandem/server-kit';
import type { NewAuditEntry } from '../../audit/audit-sink.ts';
import { createLocalRuntime, type LocalRuntime } from '../../runtime/local/local-runtime.ts';
import type { Endpoint } from '../../runtime/workspace-runtime.ts';
import { newUser } from '../../store/resource-store.contract.ts';
import { SqliteResourceStore } from '../../store/sqlite/sqlite-resource-store.ts';
import { noCredentials } from './no-credentials.ts';
import { createControlPlane, type ControlPlane } from '../control-plane.ts';

const entry = fileURLToPath(new URL('./small-workspace.mjs', import.meta.url));

/** The real control plane over the real store and the real local runtime, with a small real backend in each workspace. */
export interface PlaneUnderTest {
    directory: string;
    store: SqliteResourceStore;
    runtime: LocalRuntime;
    plane: ControlPlane;
    audited: NewAuditEntry[];
    /** Stops deciding and closes the store; workspaces go on. */
    stop(): Promise<void>;
}

export async function startPlane(options: { directory?: string; poolSize?: number } = {}): Promise<PlaneUnderTest> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'tandem-plane-')));
    const logger = createLogger({ name: 'plane', level: process.env['TANDEM_TEST_LOG'] ?? 'silent' });
    const store = await SqliteResourceStore.open(join(directory, 'resources.sqlite'));
    for (const name of ['ada', 'bob']) {
        await store.create(newUser(name)).catch(() => undefined);
    }
    const runtime = await createLocalRuntime({
        dataDir: directory,
        ide: { entry, programFolders: [fileURLToPath(new URL('../../../../node_modules', import.meta.url))] },
        identity: { issuer: 'http://tandem.localhost', jwks: () => ({ keys: [] }) },
        environment: process.env,
        logger,
        clock: systemClock,
    });
    const audited: NewAuditEntry[] = [];
    const plane = createControlPlane({
        store,
        runtime,
        mintControlToken: () => Promise.resolve('token'),
        credentials: noCredentials,
        audit: {
            append: (entry) => {
                audited.push(entry);
                return Promise.resolve(entry as AuditEntry);
            },
        },
        clock: systemClock,
        logger,
        portalUrl: 'http://tandem.localhost',
        poolSize: options.poolSize ?? 0,
    });
    await plane.start();
    return {
        directory,
        store,
        runtime,
        plane,
        audited,
        async stop() {
            await plane.stop();
            await runtime.close({ stopWorkspaces: false });
            await store.close();
        },
    };
}

/** Ends what runs and removes the folder. */
export async function tearDown(plane: PlaneUnderTest): Promise<void> {
    await plane.plane.stop();
    for (const uid of await plane.runtime.list()) {
        await plane.runtime.destroy(uid);
    }
    await plane.runtime.close({ stopWorkspaces: false });
    await plane.store.close();
    await rm(plane.directory, { recursive: true, force: true });
}

/** Resolves with the workspace once it is as wanted. */
export async function untilWorkspace(
    store: SqliteResourceStore,
    name: string,
    wanted: (workspace: Workspace) => boolean,
): Promise<Workspace> {
    const { version } = await store.list('Workspace');
    const watch = await store.watch({ kinds: ['Workspace'], since: version });
    try {
        const now = await store.get('Workspace', 'team-home', name);
        if (now && wanted(now)) {
            return now;
        }
        for await (const event of watch) {
            const workspace = event.object as Workspace;
            if (workspace.metadata.name === name && event.type !== 'deleted' && wanted(workspace)) {
                return workspace;
            }
        }
        throw new Error(`The watch ended before ${name} was as wanted`);
    } finally {
        watch.close();
    }
}

/** What the workspace's backend says of itself. */
export function ask(endpoint: Endpoint, path = '/'): Promise<{ pid: number; owner?: string; generation?: number }> {
    return new Promise((resolve, reject) => {
        get({ ...endpoint, path, agent: false }, (response) => {
            let text = '';
            response.on('data', (chunk) => (text += chunk));
            response.on('end', () => resolve(JSON.parse(text)));
        }).on('error', reject);
    });
}
