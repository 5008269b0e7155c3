/** Why sources could not be put in place; the codes of `prepare-failed`. */
export type PrepareFailureCode =
    | 'git-unreachable'
    | 'git-auth'
    | 'git-host-key'
    | 'git-ref-not-found'
    | 'git-not-found'
    | 'disk-full'
    | 'cancelled'
    | 'prepare-command'
    | 'internal';

export class PrepareFailure extends Error {
    readonly code: PrepareFailureCode;
    readonly log: string;

    /** @param message for the person: what was wrong with which value, and what to do */
    constructor(code: PrepareFailureCode, message: string, log = '') {
        super(message);
        this.name = 'PrepareFailure';
        this.code = code;
        this.log = log;
    }
}

const PATTERNS: readonly [PrepareFailureCode, RegExp][] = [
    ['git-host-key', /host key verification failed/i],
    ['disk-full', /no space left on device|disk quota exceeded/i],
    [
        'git-ref-not-found',
        /remote branch .* not found|couldn't find remote ref|pathspec .* did not match|reference is not a tree|invalid reference|unknown revision|not our ref|unadvertised object|unable to read tree/i,
    ],
    [
        'git-auth',
        /authentication failed|could not read (username|password)|terminal prompts disabled|permission denied \(|invalid (username|credentials)|access denied|returned error: 40[13]|told us to quit/i,
    ],
    [
        'git-not-found',
        /repository .*not found|returned error: 404|does not appear to be a git repository|does not exist|not valid: is this a git repository|project you were looking for could not be found/i,
    ],
    [
        'git-unreachable',
        /could not resolve host|failed to connect|couldn't connect|connection (refused|timed out|reset|closed)|operation (timed out|too slow)|network is unreachable|no route to host|ssl|certificate|early eof|unexpected disconnect|rpc failed|empty reply|could not read from remote repository|remote end hung up|returned error: 5\d\d|transport .* not allowed|unable to access/i,
    ],
];

/** Classifies git's messages (of `LC_ALL=C`). */
export function classifyGitFailure(stderr: string): PrepareFailureCode {
    return PATTERNS.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'internal';
}

/** A sentence for the person, with the value that was wrong. */
export function gitFailureReason(code: PrepareFailureCode, url: string, ref: string | undefined): string {
    const address = withoutSecret(url);
    switch (code) {
        case 'git-unreachable':
            return `${address} cannot be reached. Check the address, and whether this machine may connect to it.`;
        case 'git-auth':
            return /^https?:/.test(url)
                ? `${address} refuses access. Add a credential for this host in your profile, or check that yours may read the repository.`
                : `${address} refuses access. Make an SSH key in your profile and add its public part there, or check that yours may read the repository.`;
        case 'git-not-found':
            return `There is no repository at ${address}, or you may not see it. Check the address, or add a credential for this host.`;
        case 'git-ref-not-found':
            return `${address} has no branch, tag or commit "${ref ?? ''}". Check its name.`;
        case 'disk-full':
            return 'The disk is full. Delete what is not needed, then try again.';
        case 'cancelled':
            return 'Cancelled.';
        default:
            return `Cloning ${address} failed. The log says more.`;
    }
}

/** An address as it may be shown: a token in it stays hidden. */
export function withoutSecret(url: string): string {
    return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
