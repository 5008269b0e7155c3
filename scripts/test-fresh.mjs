// npm run test:fresh: the README's two commands in a minimal Debian with Node, npm and git and nothing else.
//   -- --start    only npm ci && npm start, up to a running workspace
//   -- --sample   the tests of packages/ only, instead of all
//   -- --keep     leaves the machine's folder behind
// The Debian is cached as an archive in $XDG_CACHE_HOME/tandem; npm, apt, certificates and names are this machine's own.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createMachine, whyNot } from './lib/fresh-machine.mjs';
import { freePort, signInAndMakeWorkspace } from './lib/fresh-sign-in.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({
    options: { start: { type: 'boolean' }, sample: { type: 'boolean' }, keep: { type: 'boolean' } },
});
const startedAt = performance.now();
const seconds = () => Math.round((performance.now() - startedAt) / 1000);
const say = (text) => console.log(`[${String(seconds()).padStart(4)} s] ${text}`);

const obstacle = whyNot();
if (obstacle) {
    console.log(`Fresh-machine test not run: ${obstacle}`);
    process.exit(process.env.TANDEM_REQUIRE_ALL === '1' ? 1 : 0);
}

const machine = await createMachine(root, say);
let failed = false;
try {
    await machine.check();
    const beganAt = performance.now();
    say('git clone, npm ci (as an ordinary person)');
    await machine.clone();
    await machine.run('npm ci', { user: true });
    say('npm start');
    const port = await freePort();
    const platform = machine.start(`npm start -- --port ${port} --no-open`, { user: true });
    try {
        const ready = await platform.line('TANDEM READY');
        const link = await platform.line('TANDEM SIGN-IN');
        say(`ready at ${ready}, ${Math.round((performance.now() - beganAt) / 1000)} s after the clone began`);
        say(await signInAndMakeWorkspace(link));
    } finally {
        await platform.stop();
    }
    if (!flags.start) {
        say(flags.sample ? 'tests of packages/ (as root)' : 'npm test (as root, so that it can install what it needs)');
        await machine.run(flags.sample ? 'npx vitest run packages' : 'npm test', { show: true });
    }
    say('The README’s commands work on a fresh machine.');
} catch (error) {
    failed = true;
    console.error(error.message);
} finally {
    if (flags.keep) {
        say(`left behind: ${machine.folder}`);
    } else {
        rmSync(machine.folder, { recursive: true, force: true });
    }
}
process.exit(failed ? 1 : 0);
