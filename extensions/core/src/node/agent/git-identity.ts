import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { writeText } from './claim-store';
import { WELL_KNOWN_HOSTS } from './known-hosts';

const run = promisify(execFile);

/** Asks the agent over its socket; git runs it for `credential fill`. No secret is in it. */
const HELPER = `// Asks the workspace for a git credential. Written by Tandem at every start.
'use strict';
const { connect } = require('node:net');
const [, , socketPath, action] = process.argv;
if (action !== 'get') { process.exit(0); }
let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', chunk => { input += chunk; });
process.stdin.on('end', () => {
    const asked = Object.fromEntries(input.split('\\n').filter(Boolean).map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    const socket = connect(socketPath);
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('error', () => process.exit(0));
    socket.on('data', chunk => { answer += chunk; });
    socket.on('end', () => {
        const { username, password, refused } = JSON.parse(answer || '{}');
        if (password === undefined) {
            if (refused) { process.stderr.write('tandem: ' + refused + '\\n'); }
            process.stdout.write('quit=1\\n');
            return;
        }
        process.stdout.write('username=' + username + '\\npassword=' + password + '\\n');
    });
    socket.write(JSON.stringify({ protocol: asked.protocol, host: asked.host, path: asked.path }) + '\\n');
});
`;

export interface GitIdentityOptions {
    home: string;
    stateFolder: string;
    credentialSocket: string;
    env: NodeJS.ProcessEnv;
}

/** What git knows of the person, bound late: the home's own configuration includes a file that activation writes. */
export class GitIdentity {
    private readonly options: GitIdentityOptions;
    private readonly configFile: string;
    private readonly helperFile: string;
    /** Host keys that the platform vouches for. */
    readonly knownHostsFile: string;

    constructor(options: GitIdentityOptions) {
        this.options = options;
        this.configFile = path.join(options.stateFolder, 'gitconfig');
        this.helperFile = path.join(options.stateFolder, 'git-credential.cjs');
        this.knownHostsFile = path.join(options.stateFolder, 'known_hosts');
    }

    /** Before anybody is known: the helper, and the line in the home's configuration, made once. */
    async install(): Promise<void> {
        await writeText(this.helperFile, HELPER, { durable: false });
        const { home, env } = this.options;
        const git = (...args: string[]): Promise<unknown> => run('git', ['config', '--global', ...args], { cwd: home, env });
        await git('--get-all', 'include.path', this.configFile.replace(/[.[\]\\*^$]/g, '\\$&')).catch(() =>
            git('--add', 'include.path', this.configFile),
        );
    }

    /**
     * Name, e-mail and credential helper of the person whose workspace it is now.
     *
     * @param knownHosts host keys of the administrator, in the form of `known_hosts`
     */
    async use(person: { name: string; email: string }, knownHosts = ''): Promise<void> {
        const helper = ['!' + [process.execPath, this.helperFile, this.options.credentialSocket].map(shellQuote).join(' ')];
        const lines = [
            '# Written by Tandem at every activation; your own settings in ~/.gitconfig win.',
            '[user]',
            `\tname = ${configValue(person.name)}`,
            `\temail = ${configValue(person.email)}`,
            '[credential]',
            ...helper.map((value) => `\thelper = ${configValue(value)}`),
            '[core]',
            `\tsshCommand = ${configValue(sshCommand(this.knownHostsFile))}`,
            '',
        ];
        await Promise.all([
            writeText(this.configFile, lines.join('\n'), { durable: false }),
            writeText(this.knownHostsFile, [...WELL_KNOWN_HOSTS, knownHosts, ''].join('\n'), { durable: false }),
        ]);
    }
}

/**
 * SSH with the platform's host keys beside the machine's and the person's own.
 *
 * @param options more of them, such as `-o BatchMode=yes`
 */
export function sshCommand(knownHostsFile: string, options: readonly string[] = []): string {
    const files = `/etc/ssh/ssh_known_hosts "${knownHostsFile}"`;
    return ['ssh', '-o', shellQuote(`GlobalKnownHostsFile=${files}`), ...options].join(' ');
}

/** A value of a git configuration file, quoted. @see https://git-scm.com/docs/git-config#_syntax */
export function configValue(value: string): string {
    return `"${value
        .replace(/[\r\n\0]/g, ' ')
        .replace(/\\/g, '\\\\')
        .replace(/"/g, '\\"')}"`;
}

function shellQuote(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}
