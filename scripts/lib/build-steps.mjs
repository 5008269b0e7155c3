import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isFresh, markFresh } from './stale.mjs';
import { node, run } from './run.mjs';

const TSC = 'node_modules/typescript/bin/tsc';
const SERVERS = ['packages/cli', 'packages/collab-client', 'packages/platform'];

/** What is built, from what, after what. A step whose inputs have not changed is skipped. */
export const steps = [
    {
        name: 'services',
        inputs: [
            'package-lock.json',
            'tsconfig.base.json',
            'tsconfig.server.json',
            'packages',
            'collab-server',
            'workspace-controller/src',
            'workspace-controller/tsconfig.json',
        ],
        outputs: ['packages/platform/lib/index.js', 'packages/cli/lib/index.js'],
        after: [],
        build: (root) => run(node, [TSC, '-b', ...SERVERS], { cwd: root }),
    },
    {
        name: 'portal',
        inputs: ['package-lock.json', 'workspace-controller/portal', 'packages/protocol/src', 'packages/api-client/src'],
        outputs: ['workspace-controller/portal/dist/index.html'],
        after: ['services'],
        build: (root) => run('npm', ['run', 'build', '-w', '@tandem/portal'], { cwd: root }),
    },
    {
        name: 'ide',
        inputs: ['package-lock.json', 'tsconfig.base.json', 'tsconfig.theia.json', 'ide', 'extensions', 'packages/protocol/src'],
        outputs: ['ide/lib/backend/main.js', 'ide/plugins'],
        after: ['services'],
        build: (root, say) =>
            run(node, ['build.mjs'], {
                cwd: join(root, 'ide'),
                onOutput: (text) =>
                    text
                        .split('\n')
                        .filter((line) => line.trim())
                        .forEach((line) => say(`  ide: ${line.trim()}`)),
            }),
    },
];

/**
 * Builds what is stale, steps that do not need each other at the same time, and says what it does.
 * @param only names of steps; the steps they come after are built too
 */
export async function buildStale(root, { only, say = console.error } = {}) {
    const wanted = new Set(only ?? steps.map((step) => step.name));
    for (const step of [...steps].reverse()) {
        if (wanted.has(step.name)) {
            step.after.forEach((name) => wanted.add(name));
        }
    }
    const done = new Map();
    for (const step of steps.filter((candidate) => wanted.has(candidate.name))) {
        const before = Promise.all(step.after.map((name) => done.get(name)));
        done.set(
            step.name,
            before.then(() => buildStep(root, step, say)),
        );
    }
    // Every step ends before a failure is told, so that none is left running behind the message.
    const results = await Promise.allSettled(done.values());
    const failure = results.find((result) => result.status === 'rejected');
    if (failure) {
        throw failure.reason;
    }
}

async function buildStep(root, step, say) {
    const print = fingerprint(root, step.inputs);
    if (isFresh(root, step.name, print, step.outputs)) {
        return;
    }
    const missing = step.outputs.some((output) => !existsSync(join(root, output)));
    say(`Building ${step.name}${missing ? '' : ' (changed)'} …`);
    const startedAt = performance.now();
    await step.build(root, say);
    // The build may itself have written files among the inputs (a generated list, say): take the print anew.
    markFresh(root, step.name, fingerprint(root, step.inputs));
    say(`Built ${step.name} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
