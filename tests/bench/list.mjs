// How long it takes to read and write with many workspaces in the store.
//
//   node tests/bench/list.mjs [--workspaces 1000]
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newWorkspace } from '../../workspace-controller/src/resources/new-workspace.ts';
import { SqliteResourceStore } from '../../workspace-controller/src/store/sqlite/sqlite-resource-store.ts';

const { values } = parseArgs({ options: { workspaces: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '50' } } });
const count = Number(values.workspaces);
const rounds = Number(values.rounds);
const directory = await mkdtemp(join(tmpdir(), 'tandem-bench-list-'));
const store = await SqliteResourceStore.open(join(directory, 'resources.sqlite'));

async function measure(title, work) {
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
        const started = performance.now();
        await work(round);
        times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.min(rounds - 1, Math.ceil(rounds * share) - 1)].toFixed(1);
    console.log(`${title}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}

try {
    const made = performance.now();
    await Promise.all(
        Array.from({ length: count }, (_, index) =>
            store.create(
                newWorkspace({
                    namespace: `team-${index % 10}`,
                    name: `project-${index.toString(36)}-x`,
                    spec: {
                        owner: `person-${index % 100}`,
                        displayName: `Project ${index}`,
                        templateRef: 'default',
                        source: { url: 'https://git.example.com/team/project.git' },
                        operatingMode: 'Running',
                    },
                    queuedAt: new Date().toISOString(),
                }),
            ),
        ),
    );
    console.log(
        `${count} workspaces made at once in ${(performance.now() - made).toFixed(0)} ms; load of the machine ${loadavg()[0].toFixed(1)}`,
    );
    await measure(`list of all ${count}`, () => store.list('Workspace'));
    await measure('page of 100', () => store.list('Workspace', { limit: 100 }));
    await measure('list by namespace', () => store.list('Workspace', { namespace: 'team-3' }));
    await measure('one read', () => store.get('Workspace', 'team-3', 'project-3-x'));
    await measure('one durable write', async (round) => {
        const workspace = await store.get('Workspace', 'team-3', 'project-3-x');
        await store.updateStatus({ ...workspace, status: { ...workspace.status, restarts: round } });
    });
} finally {
    await store.close();
    await rm(directory, { recursive: true, force: true });
}
