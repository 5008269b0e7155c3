import { spawn, spawnSync } from 'node:child_process';
import {
    accessSync,
    chmodSync,
    constants,
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    realpathSync,
    renameSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { run } from './run.mjs';

const PACKAGES = ['ca-certificates', 'git', 'libatomic1', 'passwd'];
const PERSON = 'dev';
/** Variables that say how to reach the network from here; everything else would make the machine less fresh. */
const NETWORK_VARIABLES =
    /^((https?|all|no)_proxy|npm_config_registry|node_extra_ca_certs|ssl_cert_(file|dir)|git_ssl_cainfo|curl_ca_bundle)$/i;
const MACHINE_FILES = [
    '/etc/resolv.conf',
    '/etc/hosts',
    '/etc/ssl/certs',
    '/usr/share/ca-certificates',
    '/usr/local/share/ca-certificates',
];

/** Why a fresh machine cannot be made here, in one line; undefined when it can. */
export function whyNot() {
    if (process.platform !== 'linux') {
        return `it makes a Debian with debootstrap, which needs Linux; this is ${process.platform}.`;
    }
    if (process.getuid() !== 0) {
        return 'debootstrap needs root.';
    }
    for (const program of ['debootstrap', 'unshare', 'chroot', 'tar', 'git', 'npm']) {
        if (!find(program)) {
            return `${program} is not installed (Debian: apt-get install ${program === 'unshare' ? 'util-linux' : program}).`;
        }
    }
    const namespaces = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']);
    return namespaces.status === 0 ? undefined : 'this system does not let a process have mounts and processes of its own (unshare).';
}

/** The machine's own program, not one that npm put in front. */
function find(program) {
    const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(
        (folder) => !folder.includes('node_modules'),
    );
    return folders
        .map((folder) => join(folder, program))
        .find((path) => {
            try {
                accessSync(path, constants.X_OK);
                return statSync(path).isFile();
            } catch {
                return false;
            }
        });
}

/** A folder with a minimal Debian, this machine's Node and npm, and a way to run things in it. */
export async function createMachine(root, say) {
    const archive = await baseArchive(say);
    const folder = mkdtempSync(join(process.env.TANDEM_FRESH_DIRECTORY ?? tmpdir(), 'tandem-fresh-'));
    await run('tar', ['--extract', '--numeric-owner', '--file', archive, '--directory', folder]);
    // The archive holds the mode of the private folder that it was made from.
    chmodSync(folder, 0o755);
    copyNode(folder);
    copySettings(folder);
    await enter(folder, { command: `useradd --create-home --shell /bin/bash ${PERSON}` });
    copyNpmSettings(folder);
    return {
        folder,
        check: () => checkFresh(folder, say),
        clone: () => clone(root, folder),
        run: (command, options = {}) => enter(folder, { ...options, command, inClone: true }),
        start: (command, options) => startInside(folder, { ...options, command, inClone: true }),
    };
}

async function baseArchive(say) {
    const release = Object.fromEntries(
        readFileSync('/etc/os-release', 'utf8')
            .split('\n')
            .map((line) => line.split('='))
            .filter((pair) => pair.length === 2)
            .map(([key, value]) => [key, value.replaceAll('"', '')]),
    );
    const suite = release.ID === 'debian' ? release.VERSION_CODENAME : 'bookworm';
    const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tandem');
    const archive = join(cache, `debian-${suite}-${process.arch}-${PACKAGES.join('+')}.tar`);
    if (existsSync(archive)) {
        return archive;
    }
    say(`making a minimal Debian ${suite} (once; kept as ${archive})`);
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(process.env.TANDEM_FRESH_DIRECTORY ?? tmpdir(), 'tandem-debian-'));
    try {
        await run(find('debootstrap'), ['--variant=minbase', `--include=${PACKAGES.join(',')}`, suite, folder, debianMirror()]);
        rmSync(join(folder, 'var/cache/apt/archives'), { recursive: true, force: true });
        await run('tar', ['--create', '--numeric-owner', '--file', `${archive}.partial`, '--directory', folder, '.']);
        renameSync(`${archive}.partial`, archive);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
    return archive;
}

/** Where this machine gets Debian from. */
function debianMirror() {
    const files = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'].filter(existsSync);
    const addresses = files.flatMap((file) => readFileSync(file, 'utf8').match(/https?:\/\/[^\s\]]+\/debian\/?(?=\s|$)/gm) ?? []);
    return addresses[0] ?? 'http://deb.debian.org/debian';
}

/** Debian's own Node may be older than what the README asks for, so the machine's is taken along. */
function copyNode(folder) {
    cpSync(realpathSync(find('node')), join(folder, 'usr/local/bin/node'));
    const npm = dirname(dirname(realpathSync(find('npm'))));
    if (basename(npm) !== 'npm') {
        throw new Error(`npm is expected in a folder called npm; ${find('npm')} leads to ${npm}.`);
    }
    cpSync(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
    for (const name of ['npm', 'npx']) {
        symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, 'usr/local/bin', name));
    }
}

function copySettings(folder) {
    const named = Object.entries(process.env)
        .filter(([name, value]) => NETWORK_VARIABLES.test(name) && value.startsWith('/'))
        .map(([, path]) => path);
    const apt = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources', '/etc/apt/apt.conf.d', '/etc/apt/auth.conf.d'];
    for (const path of new Set([...MACHINE_FILES, ...named, ...apt])) {
        if (existsSync(path)) {
            rmSync(join(folder, path), { recursive: true, force: true });
            mkdirSync(dirname(join(folder, path)), { recursive: true });
            // A folder is copied as it is; of a file that is a link, what it leads to.
            cpSync(statSync(path).isDirectory() ? path : realpathSync(path), join(folder, path), {
                recursive: true,
                verbatimSymlinks: true,
            });
        }
    }
}

function copyNpmSettings(folder) {
    const settings = (name) =>
        spawnSync(find('npm'), ['config', 'get', name], { encoding: 'utf8', env: cleanEnvironment() }).stdout?.trim();
    const global = settings('globalconfig');
    if (global && existsSync(global)) {
        mkdirSync(join(folder, 'usr/local/etc'), { recursive: true });
        cpSync(global, join(folder, 'usr/local/etc/npmrc'));
    }
    const own = settings('userconfig');
    for (const home of ['root', `home/${PERSON}`]) {
        if (own && existsSync(own)) {
            cpSync(own, join(folder, home, '.npmrc'));
            const { uid, gid } = statSync(join(folder, home));
            spawnSync('chown', [`${uid}:${gid}`, join(folder, home, '.npmrc')]);
        }
    }
}

/** npm hands its own settings to what it runs; asked about itself again it should answer as it would to a person. */
const cleanEnvironment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

async function checkFresh(folder, say) {
    const tools = await enter(folder, { command: 'for t in cc gcc g++ make python3 cmake; do command -v $t; done; true' });
    if (tools.trim() !== '') {
        throw new Error(`The machine is not fresh, it has: ${tools.trim().split('\n').join(', ')}`);
    }
    const versions = await enter(folder, { command: 'echo "Node $(node --version), npm $(npm --version), $(git --version)"' });
    say(versions.trim().split('\n').at(-1));
}

/** A clone of what is committed, as a person would get it. */
async function clone(root, folder) {
    const target = join(folder, 'home', PERSON, 'tandem');
    await run('git', ['clone', '--quiet', '--no-hardlinks', '--depth', '1', `file://${root}`, target]);
    const { uid, gid } = statSync(join(folder, 'home', PERSON));
    await run('chown', ['-R', `${uid}:${gid}`, target]);
    // root runs the tests in the person's clone, which git would refuse.
    writeFileSync(join(folder, 'root/.gitconfig'), `[safe]\n\tdirectory = /home/${PERSON}/tandem\n`);
}

function commandFor(folder, { command, user, inClone }) {
    const network = Object.entries(process.env).filter(([name]) => NETWORK_VARIABLES.test(name));
    const home = user || inClone ? `/home/${PERSON}` : '/root';
    const variables = [
        `HOME=${user ? home : '/root'}`,
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'LANG=C.UTF-8',
        ...network.map(([name, value]) => `${name}=${value}`),
    ];
    const inside = `cd ${inClone ? `${home}/tandem` : '/root'} && ${command}`;
    const as = user ? ['setpriv', `--reuid=${PERSON}`, `--regid=${PERSON}`, '--init-groups'] : [];
    const mounts =
        'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mount -t sysfs -o ro sys "$0/sys" && mount -t tmpfs tmp "$0/tmp" && chmod 1777 "$0/tmp" && exec chroot "$0" "$@"';
    // A process namespace of its own: when the first process ends, everything that it started ends too.
    return [
        'unshare',
        [
            '--mount',
            '--pid',
            '--fork',
            '--kill-child',
            'sh',
            '-c',
            mounts,
            folder,
            '/usr/bin/env',
            '-i',
            ...variables,
            ...as,
            'sh',
            '-c',
            inside,
        ],
    ];
}

const enter = (folder, options) => run(...commandFor(folder, options), { show: options.show });

/** Something that goes on running inside. */
function startInside(folder, options) {
    const child = spawn(...commandFor(folder, options), { stdio: ['ignore', 'pipe', 'pipe'], env: process.env });
    let output = '';
    let notices = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (notices = (notices + chunk).slice(-20_000)));
    const exited = new Promise((resolve) => child.on('close', resolve));
    return {
        line: (start) =>
            new Promise((resolve, reject) => {
                const check = () => {
                    const found = output
                        .split('\n')
                        .slice(0, -1)
                        .find((line) => line.startsWith(`${start} `));
                    if (found) {
                        resolve(found.slice(start.length + 1).trim());
                    }
                };
                child.stdout.on('data', check);
                void exited.then((code) => reject(new Error(`${options.command} ended with ${code}\n${output}${notices}`)));
                check();
            }),
        stop: async () => {
            // The first process inside, with which all others end: changing the user made it forget whose child it is.
            for (const pid of readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').filter(Boolean)) {
                process.kill(Number(pid), 'SIGKILL');
            }
            await exited;
        },
    };
}
