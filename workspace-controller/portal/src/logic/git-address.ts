/** What a pasted address says: where to clone from, and the ref when it was a link to a branch. */
export interface GitAddress {
    url: string;
    ref: string | undefined;
    /** `owner/repository`, for people. */
    label: string;
}

/* A host without a dot needs a user before it: `javascript:…` is no host. */
const SCP_FORM = /^(?:[^@\s/]+@(?=[^:/]+:)|(?=[^:/]+\.))([a-zA-Z0-9.-]+):(?!\/\/)([^\s]+)$/;
const PROTOCOLS = new Set(['https:', 'http:', 'ssh:', 'git:', 'file:']);

/**
 * Reads what people paste: a clone address (`https://…`, `ssh://…`, `git@host:owner/repo.git`), a host without protocol,
 * or the address of a page about a branch (`/tree/<ref>`, `/-/tree/<ref>`, `/src/branch/<ref>`).
 *
 * @returns `undefined` for what is no address of a repository
 */
export function readGitAddress(input: string): GitAddress | undefined {
    const text = input.trim().replace(/^git\s+clone\s+/, '');
    if (text === '' || /\s/.test(text)) {
        return undefined;
    }
    if (!text.includes('://') && SCP_FORM.test(text) && !/^[a-zA-Z]:[\\/]/.test(text) && !/^[\w.-]+:\d+(\/|$)/.test(text)) {
        return { url: text, ref: undefined, label: labelOf(text.slice(text.indexOf(':') + 1)) };
    }
    const withProtocol = text.includes('://') ? text : /^[\w-]+(\.[\w-]+)+(:\d+)?\/.+/.test(text) ? `https://${text}` : undefined;
    const url = withProtocol === undefined || !URL.canParse(withProtocol) ? undefined : new URL(withProtocol);
    if (url === undefined || !PROTOCOLS.has(url.protocol) || url.pathname.replace(/\/+$/, '') === '') {
        return undefined;
    }
    const page = /^(\/[^/]+\/.+?)(?:\/-)?\/(?:tree|src\/branch)\/(.+?)\/?$/.exec(url.pathname);
    if (page !== null && url.protocol.startsWith('http')) {
        const path = page[1] as string;
        return { url: `${url.origin}${path}`, ref: decode(page[2] as string), label: labelOf(path) };
    }
    return {
        url: url.protocol.startsWith('http') ? `${withProtocol}`.replace(/[#?].*$/, '').replace(/\/+$/, '') : text,
        ref: undefined,
        label: labelOf(url.pathname),
    };
}

/** Whether two addresses are of one repository: `git@host:a/b.git` and `https://host/a/b` are. */
export function sameRepository(one: string, other: string): boolean {
    return identityOf(one) === identityOf(other);
}

/** `owner/repository` of an address, for people. */
export function repositoryLabel(url: string): string {
    return readGitAddress(url)?.label ?? url;
}

/** Host of an address, for credentials. */
export function repositoryHost(url: string): string | undefined {
    const address = readGitAddress(url)?.url;
    if (address === undefined) {
        return undefined;
    }
    return address.includes('://') ? new URL(address).host || undefined : SCP_FORM.exec(address)?.[1];
}

function identityOf(input: string): string {
    const address = readGitAddress(input)?.url ?? input;
    const scp = address.includes('://') ? null : SCP_FORM.exec(address);
    const [host, path] = scp ? [scp[1] as string, scp[2] as string] : URL.canParse(address) ? hostAndPath(new URL(address)) : ['', address];
    return `${host.toLowerCase()}/${trimPath(path)}`;
}

const hostAndPath = (url: URL): [string, string] => [url.hostname, url.pathname];
const trimPath = (path: string): string => path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');

function labelOf(path: string): string {
    return trimPath(decode(path)).split('/').slice(-2).join('/');
}

function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}
