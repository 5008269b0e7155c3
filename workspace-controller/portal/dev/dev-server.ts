// For work on the portal: the real API over a database of its own, with made-up workspaces in place of running ones.
// npm run dev:server -w @tandem/portal -- --scenario busy|empty|thousand --port 25000
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TEAM_NAMESPACE_PREFIX, type CreateWorkspace, type Workspace, type WorkspaceStage } from '@tandem/protocol';
import { systemClock, type Clock } from '@tandem/server-kit';
import { ApiFixture } from '../../src/http/testing/api-fixture.ts';
import { ADMIN, PASSWORD, addWorkspace, seedBusy, seedPeople, seedThousand } from './seed.ts';

const { values } = parseArgs({ options: { scenario: { type: 'string', default: 'busy' }, port: { type: 'string', default: '25000' } } });
const port = Number(values.port);

/* What is seeded happened some time ago. */
let agoMs = 3 * 86_400_000;
const clock: Clock = {
    ...systemClock,
    now: () => {
        agoMs = Math.max(0, agoMs - 400_000);
        return Date.now() - agoMs;
    },
};

const fixture: ApiFixture = await ApiFixture.start({
    clock,
    portalUrl: new URL(`http://tandem.localhost:${port}`),
    deps: {
        portalDirectory: join(import.meta.dirname, '../dist'),
        validateResponses: true,
        commands: { createWorkspace: ({ owner, body }) => create(owner, body) },
        runtime: {
            log: async () =>
                "$ git clone https://git.example.com/shop/warehouse.git project\nCloning into 'project'...\nremote: HTTP Basic: Access denied\nfatal: Authentication failed\n",
            listeningPorts: async () => [{ port: 5173, process: 'node vite' }],
        },
    },
});

async function create(owner: string, body: CreateWorkspace): Promise<Workspace> {
    const label =
        body.source?.url
            .split('/')
            .at(-1)
            ?.replace(/\.git$/, '') ?? 'project';
    const name = `${
        label
            .toLowerCase()
            .replace(/[^a-z0-9]/g, '')
            .slice(0, 14) || 'project'
    }-${Math.random().toString(36).slice(2, 6)}`;
    const workspace = await addWorkspace(
        fixture,
        { name, displayName: body.displayName ?? label, repository: body.source?.url, status: { state: 'queued', prepared: false } },
        owner,
    );
    void prepare(workspace, label.includes('fail'));
    return workspace;
}

/** Goes through the stages as a workspace would. */
async function prepare(workspace: Workspace, fails: boolean): Promise<void> {
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const change = async (apply: (status: Workspace['status']) => void) => {
        const now = await fixture.store.get('Workspace', TEAM_NAMESPACE_PREFIX + 'home', workspace.metadata.name);
        if (now !== undefined) {
            apply(now.status);
            fixture.auth.rights.apply(await fixture.store.updateStatus(now));
        }
    };
    const at = () => new Date().toISOString();
    for (const stage of ['queued', 'claimed', 'cloning', 'preparing', 'ready'] satisfies WorkspaceStage[]) {
        await change((status) => {
            status.state = stage === 'queued' ? 'queued' : stage === 'ready' ? 'running' : 'preparing';
            status.prepared = stage === 'ready';
            status.stages = [...status.stages.map((each) => ({ ...each, endedAt: each.endedAt ?? at() })), { stage, startedAt: at() }];
        });
        for (let percent = 0; stage === 'cloning' && percent <= 100; percent += 20) {
            await wait(500);
            await change((status) => Object.assign(status.stages.at(-1) ?? {}, { percent, detail: `Receiving objects, ${percent} %` }));
        }
        if (stage === 'cloning' && fails) {
            await change((status) => {
                status.state = 'failed';
                status.reason = 'The repository has no branch "nothing".';
                status.reasonCode = 'git-ref-not-found';
            });
            return;
        }
        await wait(stage === 'ready' ? 0 : 600);
    }
}

await seedPeople(fixture);
// The link is used up, as the first admin would have done.
const link = new URL(await fixture.auth.issueSignInLink());
await fixture.auth.redeemSignInLink(new URLSearchParams(link.hash.slice(1)).get('token') ?? '');
if (values.scenario === 'busy') {
    await seedBusy(fixture);
} else if (values.scenario === 'thousand') {
    await seedThousand(fixture);
}
agoMs = 0;
await fixture.app.listen({ port, host: '127.0.0.1' });
console.log(`http://tandem.localhost:${port} · ${ADMIN}@example.com · ${PASSWORD}\n${await fixture.auth.issueSignInLink()}`);
