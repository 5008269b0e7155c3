import { gitEnvironment, runCommand } from './run-command';

export interface GitStatus {
    branch?: string;
    uncommittedFiles: number;
}

const TIMEOUT_MS = 10_000;

/** Branch and number of changed files of the project; undefined when it is no repository or git takes too long. */
export async function readGitStatus(project: string, environment: NodeJS.ProcessEnv): Promise<GitStatus | undefined> {
    const env = { ...gitEnvironment(environment), GIT_OPTIONAL_LOCKS: '0' };
    const lines: string[] = [];
    let rest = '';
    const { code } = await runCommand('git', ['status', '--porcelain=v2', '--branch', '--untracked-files=normal'], {
        cwd: project,
        env,
        timeoutMs: TIMEOUT_MS,
        onOutput: (chunk) => {
            const parts = (rest + chunk).split('\n');
            rest = parts.pop() ?? '';
            lines.push(...parts);
        },
    });
    return code === 0 ? parseGitStatus(lines) : undefined;
}

/** @see https://git-scm.com/docs/git-status#_porcelain_format_version_2 */
export function parseGitStatus(lines: readonly string[]): GitStatus {
    const head = lines.find((line) => line.startsWith('# branch.head '))?.slice('# branch.head '.length);
    const commit = lines.find((line) => line.startsWith('# branch.oid '))?.slice('# branch.oid '.length);
    const branch = head === '(detached)' ? commit?.slice(0, 10) : head;
    return { branch, uncommittedFiles: lines.filter((line) => /^[12u?] /.test(line)).length };
}
