import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './run.mjs';

const isRoot = process.getuid?.() === 0;
const hasApt = existsSync('/usr/bin/apt-get');
let listsFresh = false;

async function installFromDebian(packages, say) {
    if (!isRoot || !hasApt) {
        return false;
    }
    say(`Installing ${packages.join(', ')} from Debian …`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    try {
        if (!listsFresh) {
            await run('apt-get', ['update', '-qq'], { env });
            listsFresh = true;
        }
        // --no-install-recommends: a test machine needs the server, not its documentation.
        await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
        return true;
    } catch (error) {
        say(`That failed: ${error.message.split('\n').slice(-3).join(' ')}`);
        return false;
    }
}

function playwrightChromium(root) {
    try {
        const { chromium } = createRequire(join(root, 'tests/e2e/package.json'))('@playwright/test');
        return chromium.executablePath();
    } catch {
        return undefined;
    }
}

/**
 * A Chromium for the browser tests: the one named by `TANDEM_CHROMIUM`, the machine's, or Playwright's; if there is none it
 * is fetched (Playwright's own download, else Debian's package when root). Says what it does.
 * @returns path of the executable, or undefined when none could be had
 */
export async function ensureChromium(root, say) {
    const candidates = () =>
        [
            process.env.TANDEM_CHROMIUM,
            '/usr/bin/chromium',
            '/usr/bin/chromium-browser',
            '/usr/bin/google-chrome',
            '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
            playwrightChromium(root),
        ].find((path) => path && existsSync(path));
    if (candidates()) {
        return candidates();
    }
    if (await installFromDebian(['chromium'], say)) {
        return candidates();
    }
    say('Fetching Chromium with Playwright …');
    try {
        await run(process.execPath, [join(root, 'node_modules/@playwright/test/cli.js'), 'install', 'chromium'], { cwd: root });
    } catch (error) {
        say(`That failed: ${error.message.split('\n')[0]}`);
    }
    return candidates();
}

const SERVICES = [
    {
        name: 'PostgreSQL',
        packages: ['postgresql'],
        present: () => existsSync('/usr/lib/postgresql') || existsSync('/opt/homebrew/bin/postgres'),
    },
    {
        name: 'Redis',
        packages: ['redis-server'],
        present: () => ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'].some(existsSync),
    },
    { name: 'OpenSSH server', packages: ['openssh-server'], present: () => existsSync('/usr/sbin/sshd') },
    { name: 'git', packages: ['git'], present: () => existsSync('/usr/bin/git') || existsSync('/opt/homebrew/bin/git') },
];

const inUsrBin = (...names) => names.some((name) => existsSync(`/usr/bin/${name}`));

/** What people have in their workspaces and the IDE works with when it is there. */
const TOOLCHAINS = [
    { name: 'clangd', packages: ['clangd'], present: () => inUsrBin('clangd', 'clangd-14', 'clangd-16', 'clangd-19') },
    { name: 'gopls', packages: ['gopls', 'golang-go'], present: () => inUsrBin('gopls') },
];

/**
 * Language servers that browser tests of full size work with.
 * @returns names of what could not be had
 */
export async function ensureToolchains(say) {
    const missing = TOOLCHAINS.filter((tool) => !tool.present());
    if (missing.length > 0) {
        await installFromDebian([...new Set(missing.flatMap((tool) => tool.packages))], say);
    }
    return TOOLCHAINS.filter((tool) => !tool.present()).map((tool) => tool.name);
}

/**
 * The servers that suites run against. What is missing is installed from Debian when root.
 * @returns names of what could not be had
 */
export async function ensureServices(say) {
    const missing = SERVICES.filter((service) => !service.present());
    if (missing.length > 0) {
        await installFromDebian(
            missing.flatMap((service) => service.packages),
            say,
        );
    }
    return SERVICES.filter((service) => !service.present()).map((service) => service.name);
}
