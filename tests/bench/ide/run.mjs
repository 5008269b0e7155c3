/**
 * npm run bench:ide [-- --rounds N]
 *
 * Navigation to a typed character on the screen, with code-server beside it in the same run: first visit, second, third, and a
 * returning person in a workspace they never opened before. Machines differ and are busy; only the ratios count.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startCodeServer } from './code-server.mjs';
import { chromiumPath, freePort, startProduct, startStaticOrigin } from './product.mjs';
import { visit } from './visit.mjs';

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] || 0) || 3;
const executablePath = chromiumPath();
const CASES = [
    { name: 'first visit', target: 0.7 },
    { name: 'second visit', target: 0.75 },
    { name: 'third visit', target: 0.55 },
];
const NEW_WORKSPACE_TARGET = 0.75;

const SOURCE = [
    'interface User { name: string; age: number }',
    "const users: User[] = [{ name: 'Ada', age: 36 }];",
    'export function greet(user: User): string {',
    '    return `Hello ${user.name}`;',
    '}',
    "console.log(users.map(greet).join(', '));",
    '',
].join('\n');

async function project(root, name) {
    const home = path.join(root, name);
    const folder = path.join(home, 'project');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'index.ts'), SOURCE);
    await writeFile(path.join(folder, 'package.json'), '{ "name": "sample" }\n');
    const git = (...args) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder });
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-qm', 'first');
    return { home, folder };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const root = await mkdtemp(path.join(os.tmpdir(), 'tandem-bench-ide-'));
const stops = [];
try {
    const first = await project(root, 'first');
    const second = await project(root, 'second');
    const other = await project(root, 'other');
    const staticOrigin = await startStaticOrigin(await freePort());
    stops.push(staticOrigin.stop);
    const tandem = await startProduct({ ...first, port: await freePort(), name: 'first', staticOrigin: staticOrigin.origin });
    stops.push(tandem.stop);
    const newWorkspace = await startProduct({ ...second, port: await freePort(), name: 'second', staticOrigin: staticOrigin.origin });
    stops.push(newWorkspace.stop);
    const codeServer = await startCodeServer({ folder: other.folder, userData: other.home, port: await freePort() });
    stops.push(codeServer.stop);

    const results = { tandem: [[], [], [], []], codeServer: [[], [], []] };
    let run = 0;
    for (let round = 0; round < rounds; round++) {
        const profiles = { tandem: path.join(root, `tandem-${round}`), codeServer: path.join(root, `code-server-${round}`) };
        for (let index = 0; index < CASES.length; index++) {
            const order = (round + index) % 2 === 0 ? ['tandem', 'codeServer'] : ['codeServer', 'tandem'];
            for (const which of order) {
                const { url } = which === 'tandem' ? tandem : codeServer;
                results[which][index].push(await visit({ executablePath, profile: profiles[which], url, run: `${++run}z` }));
            }
        }
        results.tandem[3].push(await visit({ executablePath, profile: profiles.tandem, url: newWorkspace.url, run: `${++run}z` }));
        console.log(`round ${round + 1} of ${rounds} done`);
    }

    const value = (list, key) => median(list.map((entry) => entry[key]));
    const rows = CASES.map(({ name, target }, index) => ({ name, target, ours: results.tandem[index], theirs: results.codeServer[index] }));
    rows.push({ name: 'returning, new workspace', target: NEW_WORKSPACE_TARGET, ours: results.tandem[3], theirs: results.codeServer[1] });
    console.log('\nmedian of', rounds, 'rounds, milliseconds');
    console.table(
        rows.map(({ name, target, ours, theirs }) => ({
            case: name,
            'typed: Tandem': value(ours, 'typedMs'),
            'typed: code-server': value(theirs, 'typedMs'),
            ratio: Number((value(ours, 'typedMs') / value(theirs, 'typedMs')).toFixed(2)),
            target,
            'page CPU: Tandem': value(ours, 'cpuMs'),
            'page CPU: code-server': value(theirs, 'cpuMs'),
            'colours after text': value(ours, 'colouredMs'),
            'git: Tandem': value(ours, 'gitMs'),
            'git: code-server': value(theirs, 'gitMs'),
        })),
    );
} finally {
    stops.forEach((stop) => stop());
    await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
