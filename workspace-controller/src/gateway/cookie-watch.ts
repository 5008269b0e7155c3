import type { Clock } from '@tandem/server-kit';

const WINDOW_MS = 8_000;
const LIMIT = 2;
const MAX_REMEMBERED = 4_096;

/**
 * Notices a browser that gets a cookie and comes back without it, so that it is told instead of being sent round and
 * round between portal and workspace.
 */
export class CookieWatch {
    private readonly clock: Clock;
    private readonly signIns = new Map<string, number[]>();

    constructor(clock: Clock) {
        this.clock = clock;
    }

    /** A cookie was set for `browser` (address, host and user agent). */
    signedIn(browser: string): void {
        if (this.signIns.size >= MAX_REMEMBERED) {
            this.signIns.clear();
        }
        this.signIns.set(browser, [...this.recent(browser), this.clock.now()]);
    }

    /** Whether a request without cookie means that the browser does not keep it. */
    losesCookies(browser: string): boolean {
        return this.recent(browser).length >= LIMIT;
    }

    /** The cookie came back. */
    kept(browser: string): void {
        if (this.signIns.size > 0) {
            this.signIns.delete(browser);
        }
    }

    private recent(browser: string): number[] {
        const now = this.clock.now();
        return (this.signIns.get(browser) ?? []).filter((time) => now - time < WINDOW_MS);
    }
}
