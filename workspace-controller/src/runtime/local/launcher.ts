import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, open, realpath, rm, writeFile } from 'node:fs/promises';
import { release, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '@tandem/server-kit';
import type { InstanceRecord } from './instance-record.ts';
import { detectIsolation, firstClosedFolder, isBelow, isOpenToOthers, type Isolation } from './isolation.ts';
import { launchEnvironment } from './launch-environment.ts';
import { BACKGROUND_NICENESS } from './priority.ts';
import { launchScript, type LaunchPlan } from './launch-script.ts';
import type { ControlGroups } from './memory-limit.ts';
import { fillHome } from './new-home.ts';
import { accountFiles, registerAccount, WORKSPACE_HOME, WORKSPACE_USER } from './os-users.ts';
import { SOCKET_NAME } from './socket-gate.ts';
import type { Volume } from './volume.ts';

/** The program that is started for each workspace. */
export interface IdeProgram {
    /** Script of the backend; gets the project folder as its argument. */
    entry: string;
    /** Folder of the bundled plugins. */
    pluginsDir?: string;
    /** Further folders that the backend reads. The entry's and the plugins' are known. */
    programFolders?: readonly string[];
    /** Further arguments of the backend. */
    args?: readonly string[];
    /** Further environment of the backend, such as where webviews are served. Never secrets. */
    environment?: Readonly<Record<string, string>>;
}

/** What the backend verifies identity tokens with. */
export interface IdentityKeys {
    issuer: string;
    /** Public keys of now. */
    jwks: () => { keys: readonly object[] };
}

const HIDING_PROCESSES_SINCE = 5.08;
const PRIVATE_ROOT = '/home/.tandem';
/** Where sources are held while folders are covered; the first that no source lies below. */
const STAGES = ['/mnt', '/media', '/srv', '/opt', '/run'];

/** Starts backends, each as narrow as the machine allows. */
export class Launcher {
    readonly isolation: Isolation;
    private readonly options: LauncherOptions;
    /** Read by every backend, with real paths. */
    private readonly programFolders: readonly string[];
    private readonly entry: string;
    private readonly node: string;
    private readonly covered: readonly string[];
    private readonly shell: string;

    private constructor(options: LauncherOptions, isolation: Isolation, entry: string, node: string, folders: string[], covered: string[]) {
        this.options = options;
        this.isolation = isolation;
        this.entry = entry;
        this.node = node;
        this.programFolders = folders;
        this.covered = covered;
        this.shell = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
    }

    /** @throws AppError `unavailable` when workspaces' users could not read the program */
    static async create(options: LauncherOptions): Promise<Launcher> {
        const isolation = options.isolation ?? (await detectIsolation());
        const [entry, node] = await Promise.all([realpath(options.ide.entry), realpath(process.execPath)]);
        const given = [dirname(entry), dirname(node), ...(options.ide.pluginsDir ? [options.ide.pluginsDir] : [])];
        const existing = [...given, ...(options.ide.programFolders ?? [])].filter((folder) => existsSync(folder));
        const folders = [...new Set(await Promise.all(existing.map((folder) => realpath(folder))))];
        const covered = new Set<string>();
        if (isolation !== 'none') {
            for (const path of [entry, node, ...folders]) {
                if (!(await isOpenToOthers(path))) {
                    throw new AppError('unavailable', `Workspaces' users cannot read ${path}. Run: chmod -R a+rX ${path}`);
                }
            }
            for (const path of folders) {
                const closed = await firstClosedFolder(join(path, 'x'));
                if (closed !== undefined && isolation === 'user') {
                    throw new AppError(
                        'unavailable',
                        `Workspaces' users cannot reach ${path} because ${closed} is closed to them. Install Tandem elsewhere, such as in /opt.`,
                    );
                }
                if (closed !== undefined) {
                    covered.add(closed);
                }
            }
        }
        return new Launcher(options, isolation, entry, node, folders, [...covered]);
    }

    /** Paths as the workspace sees them. */
    paths(volume: Volume): { home: string; config: string; run: string; temp: string } {
        return this.isolation === 'namespace'
            ? { home: WORKSPACE_HOME, config: `${PRIVATE_ROOT}/config`, run: `${PRIVATE_ROOT}/run`, temp: '/tmp' }
            : { home: volume.home, config: volume.config, run: volume.run, temp: volume.temp };
    }

    /** Whether a process is part of the IDE, by its arguments. */
    isProgram(args: readonly string[]): boolean {
        const scripts = args.slice(1, 6).filter((arg) => arg.startsWith('/'));
        return scripts.some((arg) => this.programFolders.some((folder) => folder !== dirname(this.node) && isBelow(arg, folder)));
    }

    /** Makes the folders. Only a new volume's are given to the workspace: later its user may have put links there. */
    async makeVolume(volume: Volume, osUid: number | undefined, fresh: boolean): Promise<void> {
        await mkdir(volume.folder, { recursive: true });
        await chmod(volume.folder, 0o710);
        if (osUid !== undefined) {
            await chown(volume.folder, 0, osUid);
        }
        for (const folder of [dirname(volume.log), volume.accounts]) {
            await mkdir(folder, { recursive: true, mode: 0o700 });
        }
        await rm(volume.temp, { recursive: true, force: true });
        await rm(volume.run, { recursive: true, force: true });
        await rm(volume.socket, { force: true });
        for (const folder of [volume.home, volume.config, volume.temp, volume.run]) {
            await mkdir(folder, { recursive: true, mode: 0o700 });
            if (osUid !== undefined) {
                await chown(folder, osUid, osUid);
            }
        }
        if (fresh) {
            await fillHome(volume, osUid);
        }
    }

    /** Starts the backend in a session of its own; it outlives this process. */
    async launch(volume: Volume, record: InstanceRecord, bootId: string): Promise<ChildProcess> {
        const { ide } = this.options;
        const paths = this.paths(volume);
        const user = await this.account(volume, record.osUid);
        const heapMiB = Math.max(256, Math.floor(record.memoryMiB * 0.6));
        const project = join(paths.home, 'project');
        const command = [this.node, `--max-old-space-size=${heapMiB}`, this.entry, project, ...(ide.args ?? [])];
        const environment = launchEnvironment({
            platform: this.options.environment,
            home: paths.home,
            user,
            shell: this.shell,
            temp: paths.temp,
            nodeFolder: dirname(this.node),
            unreachable: (folder) => this.covered.some((closed) => isBelow(folder, closed)) || folder.startsWith('/home/'),
            own: {
                ...(ide.pluginsDir ? { THEIA_DEFAULT_PLUGINS: `local-dir:${ide.pluginsDir}` } : {}),
                ...ide.environment,
                THEIA_CONFIG_DIR: paths.config,
                TANDEM_WORKSPACE_NAME: record.name,
                TANDEM_NODE_FOLDER: dirname(this.node),
                TANDEM_BOOT_ID: bootId,
                TANDEM_IDE_SOCKET: join(paths.run, SOCKET_NAME),
                TANDEM_REQUIRE_IDENTITY: '1',
                TANDEM_ISSUER: this.options.identity.issuer,
                TANDEM_JWKS: JSON.stringify(this.options.identity.jwks()),
                ...this.marker(record.uid),
            },
        });
        const log = await open(volume.log, 'a', 0o600);
        try {
            const [program, ...args] = await this.argumentVector(volume, record, command);
            const cwd = this.isolation === 'none' ? paths.home : '/';
            return spawn(program!, args, { cwd, env: environment, detached: true, stdio: ['ignore', log.fd, log.fd] });
        } finally {
            await log.close();
        }
    }

    /** Variables by which a workspace's processes are known. */
    marker(uid: string): Record<string, string> {
        return { TANDEM_WORKSPACE_UID: uid, TANDEM_RUNTIME: this.options.runtimeId };
    }

    private async account(volume: Volume, osUid: number | undefined): Promise<string> {
        if (osUid === undefined) {
            return userInfo().username;
        }
        if (this.isolation === 'user') {
            return registerAccount(osUid, volume.home, this.shell);
        }
        const { passwd, group } = await accountFiles(osUid, this.shell);
        await writeFile(join(volume.accounts, 'passwd'), passwd, { mode: 0o644 });
        await writeFile(join(volume.accounts, 'group'), group, { mode: 0o644 });
        return WORKSPACE_USER;
    }

    private async argumentVector(volume: Volume, record: InstanceRecord, command: string[]): Promise<string[]> {
        if (record.osUid === undefined) {
            return command;
        }
        const groups = await this.options.controlGroups?.prepare(record.uid, record);
        const plan: LaunchPlan = {
            command,
            osUid: record.osUid,
            niceness: record.background === true ? BACKGROUND_NICENESS : 0,
            workingDirectory: this.paths(volume).home,
            controlGroupFiles: groups ?? [],
            dataLimitKiB: groups === undefined ? record.memoryMiB * 1024 : undefined,
            view: this.isolation === 'namespace' ? this.view(volume) : undefined,
        };
        const script = ['/bin/sh', '-c', launchScript(plan), 'tandem-launch'];
        return this.isolation === 'namespace' ? ['/usr/bin/unshare', '--mount', '--propagation', 'private', ...script] : script;
    }

    private view(volume: Volume): NonNullable<LaunchPlan['view']> {
        const programInTemp = this.programFolders.some((folder) => isBelow(folder, '/tmp') || isBelow(folder, '/var/tmp'));
        const covered = [...new Set(['/home', ...this.covered, ...(programInTemp ? ['/tmp', '/var/tmp'] : [])])];
        const folder = (source: string, target: string, readOnly = false) => ({ source, target, kind: 'folder' as const, readOnly });
        const file = (name: string) => ({
            source: join(volume.accounts, name),
            target: `/etc/${name}`,
            kind: 'file' as const,
            readOnly: true,
        });
        const bind = [
            ...(programInTemp ? [] : [folder(volume.temp, '/tmp'), folder(volume.temp, '/var/tmp')]),
            ...this.programFolders
                .filter((path) => covered.some((closed) => isBelow(path, closed)))
                .sort()
                .map((path) => folder(path, path, true)),
            folder(volume.home, WORKSPACE_HOME),
            folder(volume.config, `${PRIVATE_ROOT}/config`),
            folder(join(volume.folder, 'run'), `${PRIVATE_ROOT}/run`),
            file('passwd'),
            file('group'),
        ];
        const stage = STAGES.find((path) => existsSync(path) && !bind.some(({ source }) => isBelow(source, path)));
        if (stage === undefined) {
            throw new AppError('unavailable', `One of ${STAGES.join(', ')} must exist and hold neither program nor data directory.`);
        }
        return {
            stage,
            cover: [
                ...covered.map((path) => ({ folder: path, mode: ['/tmp', '/var/tmp'].includes(path) ? '1777' : '0755' })),
                ...(existsSync('/dev/shm') ? [{ folder: '/dev/shm', mode: '1777' }] : []),
            ],
            bind,
            hideProcesses: kernelVersion() >= HIDING_PROCESSES_SINCE,
        };
    }
}

export interface LauncherOptions {
    ide: IdeProgram;
    identity: IdentityKeys;
    environment: NodeJS.ProcessEnv;
    runtimeId: string;
    controlGroups: ControlGroups | undefined;
    /** For tests; absent: what the machine allows. */
    isolation?: Isolation;
}

function kernelVersion(): number {
    const [major = 0, minor = 0] = release().split('.').map(Number);
    return major + minor / 100;
}
