// npm start: builds what is stale, then runs the platform with the arguments given.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './lib/build-steps.mjs';
import { requirePinnedNode } from './lib/node-version.mjs';

requirePinnedNode();
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
try {
    await buildStale(root);
} catch (error) {
    console.error(error.message);
    process.exit(1);
}
const child = spawn(process.execPath, [join(root, 'packages/platform/bin/tandem-platform.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
