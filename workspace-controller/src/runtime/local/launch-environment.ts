import { delimiter } from 'node:path';

/** What a workspace takes over from the platform's environment; everything else stays outside. */
const PASSED_ON = ['LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO'];
/** Passed on unless they hold a password. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
const DEFAULT_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface EnvironmentOptions {
    /** The platform's own. */
    platform: NodeJS.ProcessEnv;
    home: string;
    user: string;
    shell: string;
    temp: string;
    /** Folder of the Node that runs the backend; last in the path, so that the machine's own wins in terminals. */
    nodeFolder: string;
    /** Folders that the workspace cannot reach, to be left out of its path. */
    unreachable: (folder: string) => boolean;
    own: Readonly<Record<string, string>>;
}

/** The environment of a workspace's backend, by allow-list. */
export function launchEnvironment(options: EnvironmentOptions): Record<string, string> {
    const environment: Record<string, string> = {};
    for (const name of PASSED_ON) {
        const value = options.platform[name];
        if (value) {
            environment[name] = value;
        }
    }
    for (const name of PROXIES) {
        const value = options.platform[name];
        if (value && !value.includes('@')) {
            environment[name] = value;
        }
    }
    environment.LANG ??= 'C.UTF-8';
    const given = (options.platform.PATH ?? '').split(delimiter);
    const folders = [...given, ...DEFAULT_PATH, options.nodeFolder].filter(
        (folder) => folder.startsWith('/') && (folder === options.nodeFolder || (!isPackageFolder(folder) && !options.unreachable(folder))),
    );
    return {
        ...environment,
        PATH: [...new Set(folders)].join(delimiter),
        HOME: options.home,
        USER: options.user,
        LOGNAME: options.user,
        SHELL: options.shell,
        TMPDIR: options.temp,
        ...options.own,
    };
}

/** npm puts the project's programs and its own helpers into the path of scripts. */
function isPackageFolder(folder: string): boolean {
    return folder.includes('/node_modules/');
}
