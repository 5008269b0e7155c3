import { AppError } from '@tandem/server-kit';

const SCP_LIKE = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s:][^\s]*$/;
const SCHEMES = new Set(['https:', 'http:', 'ssh:', 'git:']);

/** @throws AppError `invalid-git-url` for what git could take for an option, a local path or a command */
export function assertGitUrl(url: string, pointer: string): void {
    const given = url.trim();
    const usable = SCP_LIKE.test(given) || (URL.canParse(given) && SCHEMES.has(new URL(given).protocol) && new URL(given).hostname !== '');
    if (!usable || !/^[\x21-\x7e]+$/.test(given)) {
        const message = `"${given.slice(0, 200)}" is not a git address. Write https://host/path.git or git@host:path.git.`;
        throw new AppError('invalid-git-url', message, { pointer });
    }
}
