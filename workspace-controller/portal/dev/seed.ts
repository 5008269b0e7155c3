import { DEFAULT_TEMPLATE, INSTALL_NAMESPACE, type StageProgress, type Workspace } from '@tandem/protocol';
import type { ApiFixture } from '../../src/http/testing/api-fixture.ts';

export const ADMIN = 'ada';
export const PASSWORD = 'correct horse battery';

type Status = Workspace['status'];
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const BASE: Status = { observedGeneration: 1, state: 'running', stages: [], prepared: true, restarts: 0, conditions: [] };

interface Sample {
    name: string;
    displayName: string;
    repository: string | undefined;
    hibernated?: boolean;
    status: Partial<Status>;
}

const stage = (name: StageProgress['stage'], begunMs: number, tookMs?: number, rest: Partial<StageProgress> = {}): StageProgress => ({
    stage: name,
    startedAt: new Date(Date.now() - begunMs).toISOString(),
    ...(tookMs === undefined ? {} : { endedAt: new Date(Date.now() - begunMs + tookMs).toISOString() }),
    ...rest,
});

const SAMPLES: readonly Sample[] = [
    {
        name: 'payments-x7k2',
        displayName: 'payments',
        repository: 'https://git.example.com/shop/payments.git',
        status: {
            lastActivityAt: ago(2),
            branch: 'feature/refunds',
            uncommittedFiles: 3,
            idle: { keptAwakeBy: 'task', sentence: 'The task “npm run watch” keeps it awake.', hibernatesAt: ago(-58) },
        },
    },
    {
        name: 'storefront-p3m9',
        displayName: 'storefront',
        repository: 'https://git.example.com/shop/storefront',
        status: {
            lastActivityAt: ago(41),
            branch: 'main',
            uncommittedFiles: 0,
            idle: { keptAwakeBy: 'nothing', sentence: 'Nothing keeps it awake; it hibernates in 19 minutes.', hibernatesAt: ago(-19) },
        },
    },
    {
        name: 'search-q1w2',
        displayName: 'search',
        repository: 'git@git.example.com:shop/search.git',
        status: {
            lastActivityAt: ago(0),
            state: 'preparing',
            prepared: false,
            stages: [
                stage('queued', 14_300, 200),
                stage('claimed', 14_100, 90),
                stage('cloning', 14_000, undefined, { percent: 62, detail: 'Receiving objects, 41 MB of 66 MB' }),
            ],
        },
    },
    {
        name: 'warehouse-a8s7',
        displayName: 'warehouse',
        repository: 'https://git.example.com/shop/warehouse.git',
        status: {
            lastActivityAt: ago(12),
            state: 'failed',
            prepared: false,
            reason: 'git.example.com refused the credential for shop/warehouse. Add one that may read the repository, then try again.',
            reasonCode: 'git-auth',
            stages: [stage('queued', 9_000, 100), stage('claimed', 8_900, 80), stage('cloning', 8_800, 2_100)],
        },
    },
    {
        name: 'docs-z5x4',
        displayName: 'Documentation, second edition',
        repository: 'https://git.example.com/shop/documentation-site',
        hibernated: true,
        status: { lastActivityAt: ago(60 * 26), state: 'hibernated', branch: 'chapter-4', uncommittedFiles: 12 },
    },
    {
        name: 'scratch-c3v2',
        displayName: 'scratch',
        repository: undefined,
        status: { lastActivityAt: ago(5), state: 'queued', prepared: false, queuePosition: 2, stages: [stage('queued', 300_000)] },
    },
];

export async function seedBusy(fixture: ApiFixture): Promise<void> {
    for (const sample of SAMPLES) {
        await addWorkspace(fixture, sample, ADMIN);
    }
}

export async function seedThousand(fixture: ApiFixture): Promise<void> {
    const states = ['running', 'hibernated', 'hibernated', 'hibernated', 'preparing', 'failed'] as const;
    for (let index = 0; index < 1000; index++) {
        const state = states[index % states.length] ?? 'running';
        await addWorkspace(
            fixture,
            {
                name: `service-${index}-x7k2`,
                displayName: `service ${index}`,
                repository: `https://git.example.com/fleet/service-${index}.git`,
                hibernated: state === 'hibernated',
                status: {
                    state,
                    lastActivityAt: ago(index * 7),
                    branch: index % 3 === 0 ? 'main' : `feature/${index}`,
                    uncommittedFiles: index % 5,
                },
            },
            ADMIN,
        );
    }
}

export async function addWorkspace(fixture: ApiFixture, sample: Sample, owner: string): Promise<Workspace> {
    const created = await fixture.store.create({
        kind: 'Workspace',
        metadata: { namespace: 'team-home', name: sample.name },
        spec: {
            owner,
            displayName: sample.displayName,
            templateRef: DEFAULT_TEMPLATE,
            operatingMode: sample.hibernated === true ? 'Hibernated' : 'Running',
            ...(sample.repository === undefined ? {} : { source: { url: sample.repository } }),
        },
        status: { ...BASE, ...sample.status },
    });
    fixture.auth.rights.apply(created);
    return created;
}

/** People, teams and templates that every scenario has. */
export async function seedPeople(fixture: ApiFixture): Promise<void> {
    const { people, passwords, rights, invitations } = fixture.auth;
    const create = (displayName: string, email: string, options: { admin?: boolean; role?: 'lead' | 'developer' } = {}) =>
        people.create({ displayName, email, admin: options.admin ?? false, team: 'home', role: options.role ?? 'developer' });
    const ada = await create('Ada Lovelace', 'ada@example.com', { admin: true, role: 'lead' });
    await passwords.set(ada.metadata.name, PASSWORD);
    for (const name of ['Grace Hopper', 'Alan Turing', 'Katherine Johnson', 'Edsger Dijkstra', 'Barbara Liskov', 'Ken Thompson']) {
        await create(name, `${name.split(' ')[0]?.toLowerCase()}@example.com`);
    }
    await people.update('ken', (user) => {
        user.spec.disabled = true;
    });
    const team = await fixture.store.get('Team', INSTALL_NAMESPACE, 'home');
    if (team !== undefined) {
        team.spec.displayName = 'Shop';
        team.spec.quota = { maxRunning: 20 };
        rights.apply(await fixture.store.update(team));
    }
    const template = await fixture.store.get('WorkspaceTemplate', INSTALL_NAMESPACE, DEFAULT_TEMPLATE);
    if (template !== undefined) {
        template.spec.displayName = 'Default';
        template.spec.description = 'Editor, terminal and git. Tools of the machine.';
        rights.apply(await fixture.store.update(template));
    }
    await fixture.store.create({
        kind: 'WorkspaceTemplate',
        metadata: { namespace: INSTALL_NAMESPACE, name: 'node' },
        spec: {
            displayName: 'Node service',
            description: 'Installs the dependencies after cloning.',
            source: { url: 'https://git.example.com/templates/node-service.git', ref: 'main' },
            prepareCommand: 'npm ci',
            idleTimeoutMinutes: 90,
            keepAwakeCeilingMinutes: 1440,
            memoryMiB: 6144,
            environment: { NODE_ENV: 'development' },
        },
        status: { observedGeneration: 0, conditions: [] },
    });
    await fixture.store.create({
        kind: 'WorkspacePool',
        metadata: { namespace: 'team-home', name: 'default' },
        spec: { templateRef: DEFAULT_TEMPLATE, size: 2 },
        status: { observedGeneration: 1, ready: 1, starting: 1, conditions: [] },
    });
    await invitations.create(
        { email: 'margaret@example.com', displayName: 'Margaret Hamilton', team: 'home', role: 'lead' },
        ada.metadata.name,
    );
    const entries = [
        ['session.sign-in', 'User/ada', 'allowed'],
        ['workspace.create', 'Workspace/team-home/payments-x7k2', 'allowed'],
        ['workspace.delete', 'Workspace/team-home/old-api-b2n4', 'denied'],
        ['git-credential.put', 'User/ada', 'allowed'],
        ['workspace.create', 'Workspace/team-home/warehouse-a8s7', 'failed'],
    ] as const;
    for (let index = 0; index < 400; index++) {
        const [action, target, outcome] = entries[index % entries.length] ?? entries[0];
        const actor = ['ada', 'grace', 'alan', 'system'][index % 4] ?? 'ada';
        await fixture.audit.append({
            actor,
            action,
            target,
            outcome,
            address: '192.0.2.17',
            detail: { repository: 'https://git.example.com/shop/payments.git' },
        });
    }
}
