import { PORTAL_COOKIE } from '@tandem/protocol';
import { isSafari, readCookie } from '../gateway/cookies.ts';

const HOST_PREFIX = '__Host-';

/**
 * The session cookie of the portal's origin. `__Host-` with `Secure` binds it to the host; browsers take that on https and
 * on `*.localhost`, Safari only on https, where it then gets a plain name.
 */
export class PortalCookie {
    private readonly secure: boolean;
    private readonly onLoopback: boolean;

    constructor(portal: URL) {
        this.secure = portal.protocol === 'https:';
        this.onLoopback = portal.hostname.endsWith('.localhost');
    }

    read(header: string | undefined, userAgent: string | undefined): string | undefined {
        return readCookie(header, this.name(PORTAL_COOKIE, userAgent));
    }

    set(value: string, maxAgeMs: number, userAgent: string | undefined): string {
        return this.serialize(PORTAL_COOKIE, value, maxAgeMs, userAgent);
    }

    remove(userAgent: string | undefined): string {
        return this.serialize(PORTAL_COOKIE, '', 0, userAgent);
    }

    /** A cookie of another purpose with the same protection. */
    serialize(name: string, value: string, maxAgeMs: number, userAgent: string | undefined): string {
        const full = this.name(name, userAgent);
        const secure = full.startsWith(HOST_PREFIX) ? '; Secure' : '';
        return `${full}=${value}; Path=/; Max-Age=${Math.floor(maxAgeMs / 1000)}; HttpOnly; SameSite=Lax${secure}`;
    }

    readOther(name: string, header: string | undefined, userAgent: string | undefined): string | undefined {
        return readCookie(header, this.name(name, userAgent));
    }

    private name(name: string, userAgent: string | undefined): string {
        return this.secure || (this.onLoopback && !isSafari(userAgent)) ? HOST_PREFIX + name : name;
    }
}
