// npm run collab: builds what is stale, then runs the collaboration server alone with the arguments given.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requirePinnedNode } from './lib/node-version.mjs';

requirePinnedNode();
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const build = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'collab-server'], {
    cwd: root,
    encoding: 'utf8',
});
if (build.status !== 0) {
    console.error(build.stdout + build.stderr);
    process.exit(1);
}
const child = spawn(process.execPath, [join(root, 'collab-server/bin/tandem-collab.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
