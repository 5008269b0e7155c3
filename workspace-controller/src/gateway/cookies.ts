import { PORTAL_COOKIE, WORKSPACE_COOKIE } from '@tandem/protocol';

const HOST_PREFIX = '__Host-';
const OWN_NAMES: ReadonlySet<string> = new Set([PORTAL_COOKIE, WORKSPACE_COOKIE].flatMap((name) => [name, HOST_PREFIX + name]));

/**
 * Name of the workspace origin's cookie for one browser. `__Host-` binds it to the host, so that a page on a
 * neighbouring host cannot plant one; it needs https, or a name below `.localhost` that the browser treats as secure,
 * which Safari alone does not.
 */
export function workspaceCookieName(options: { secure: boolean; onLoopback: boolean; userAgent: string | undefined }): string {
    const prefixed = options.secure || (options.onLoopback && !isSafari(options.userAgent));
    return prefixed ? HOST_PREFIX + WORKSPACE_COOKIE : WORKSPACE_COOKIE;
}

/** Whether a browser is Safari (all others carry a token of their own beside Safari's). */
export function isSafari(userAgent: string | undefined): boolean {
    return userAgent !== undefined && /\bSafari\//.test(userAgent) && !/Chrom(e|ium)|CriOS|FxiOS|EdgiOS|Android|Edg\//.test(userAgent);
}

/** Value of a cookie; undefined when it is absent or given twice, which only an attack does. */
export function readCookie(header: string | undefined, name: string): string | undefined {
    const values = pairs(header).filter((pair) => pair.name === name);
    return values.length === 1 ? values[0]?.value : undefined;
}

/** The Cookie header without Tandem's own cookies; undefined when nothing is left. */
export function withoutOwnCookies(header: string): string | undefined {
    const kept = pairs(header).filter((pair) => !OWN_NAMES.has(pair.name));
    return kept.length === 0 ? undefined : kept.map((pair) => pair.text).join('; ');
}

/** Set-Cookie of the handle; it lives as long as the session, which the gateway knows better than the browser. */
export function handleCookie(name: string, handle: string): string {
    return `${name}=${handle}; Path=/; HttpOnly; SameSite=Lax${name.startsWith(HOST_PREFIX) ? '; Secure' : ''}`;
}

/** Set-Cookie that removes the handle. */
export function removedCookie(name: string): string {
    return `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${name.startsWith(HOST_PREFIX) ? '; Secure' : ''}`;
}

/**
 * A Set-Cookie of a workspace's program, kept to its own host: `Domain` is dropped, since it would reach the
 * neighbours, and one that bears the name of ours is refused (undefined).
 */
export function confinedSetCookie(value: string): string | undefined {
    const [first = '', ...attributes] = value.split(';');
    const name = first.slice(0, first.includes('=') ? first.indexOf('=') : undefined).trim();
    if (OWN_NAMES.has(name)) {
        return undefined;
    }
    const kept = attributes.filter((attribute) => !/^\s*domain\s*(=|$)/i.test(attribute));
    return kept.length === attributes.length ? value : [first, ...kept].join(';');
}

function pairs(header: string | undefined): { name: string; value: string; text: string }[] {
    if (header === undefined) {
        return [];
    }
    return header
        .split(';')
        .map((part) => part.trim())
        .filter((part) => part !== '')
        .map((text) => {
            const equals = text.indexOf('=');
            return equals < 0
                ? { name: text, value: '', text }
                : { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim(), text };
        });
}
