import { RESERVED_PATH } from '@tandem/protocol';

/** Paths that the gateway answers itself; `disguised` ones mean a reserved path without saying so, and go nowhere. */
export type PathClass = { kind: 'plain' } | { kind: 'disguised' } | { kind: 'reserved'; name: string; rest: string };

const RESERVED_ROOT = RESERVED_PATH.slice(0, -1);

/** @param url request target in origin form, with its query */
export function classifyPath(url: string): PathClass {
    const path = pathOf(url);
    if (path.startsWith(RESERVED_PATH)) {
        const inside = path.slice(RESERVED_PATH.length);
        const slash = inside.indexOf('/');
        const name = slash < 0 ? inside : inside.slice(0, slash);
        const rest = slash < 0 ? '' : inside.slice(slash);
        return isDisguised(rest) ? { kind: 'disguised' } : { kind: 'reserved', name, rest };
    }
    return path === RESERVED_ROOT || meansReserved(path) ? { kind: 'disguised' } : { kind: 'plain' };
}

/** The path without its query. */
export function pathOf(url: string): string {
    const end = url.search(/[?#]/);
    return end < 0 ? url : url.slice(0, end);
}

/** The query with its question mark, or nothing. */
export function queryOf(url: string): string {
    const start = url.indexOf('?');
    return start < 0 ? '' : url.slice(start);
}

function isDisguised(rest: string): boolean {
    const decoded = decodeFully(rest);
    return decoded === undefined || /(^|[/\\])\.\.?([/\\]|$)/.test(decoded) || decoded.includes('\\') || decoded.includes('//');
}

/** Whether some server could read `path` as a reserved one: after decoding, joining slashes and resolving dots. */
function meansReserved(path: string): boolean {
    if (!/tandem/i.test(path) && !path.includes('%')) {
        return false;
    }
    const decoded = decodeFully(path);
    if (decoded === undefined) {
        return true;
    }
    const segments: string[] = [];
    for (const segment of decoded.replaceAll('\\', '/').split('/')) {
        if (segment === '..') {
            segments.pop();
        } else if (segment !== '' && segment !== '.') {
            segments.push(segment);
        }
    }
    const first = segments[0]?.toLowerCase().replace(/;.*$/, '');
    return first === RESERVED_ROOT.slice(1);
}

/** Decodes until nothing changes, as tolerantly as the most careless server; undefined when there is no end to it. */
function decodeFully(text: string): string | undefined {
    const MAX_ROUNDS = 5;
    let current = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
        const next = current.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
        if (next === current) {
            return current;
        }
        current = next;
    }
    return undefined;
}

/** Whether a query's `to` leads nowhere but to a path of the same origin. */
export function safeReturnPath(to: string | null | undefined): string {
    const MAX_LENGTH = 4096;
    if (typeof to !== 'string' || to.length > MAX_LENGTH || !/^\/(?![/\\])[\x21-\x7e]*$/.test(to) || to.includes('\\')) {
        return '/';
    }
    return classifyPath(to).kind === 'plain' ? to : '/';
}
