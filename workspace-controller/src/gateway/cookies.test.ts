import { describe, expect, it } from 'vitest';
import { confinedSetCookie, handleCookie, isSafari, readCookie, withoutOwnCookies, workspaceCookieName } from './cookies.ts';

const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

describe('cookies of workspace origins', () => {
    it('are bound to the host wherever the browser takes that', () => {
        expect(workspaceCookieName({ secure: true, onLoopback: false, userAgent: SAFARI })).toBe('__Host-tandem-workspace');
        expect(workspaceCookieName({ secure: false, onLoopback: true, userAgent: CHROME })).toBe('__Host-tandem-workspace');
        expect(workspaceCookieName({ secure: false, onLoopback: true, userAgent: SAFARI })).toBe('tandem-workspace');
        expect(handleCookie('__Host-tandem-workspace', 'x')).toBe('__Host-tandem-workspace=x; Path=/; HttpOnly; SameSite=Lax; Secure');
        expect(handleCookie('tandem-workspace', 'x')).toBe('tandem-workspace=x; Path=/; HttpOnly; SameSite=Lax');
    });

    it('tell Safari from those that carry its name', () => {
        expect(isSafari(SAFARI)).toBe(true);
        expect(isSafari(CHROME)).toBe(false);
        expect(isSafari(undefined)).toBe(false);
    });

    it('are not read when given twice', () => {
        expect(readCookie('a=1; b=2', 'b')).toBe('2');
        expect(readCookie('b=1; b=2', 'b')).toBeUndefined();
        expect(readCookie(undefined, 'b')).toBeUndefined();
        expect(readCookie('xb=1;b', 'b')).toBe('');
    });

    it('stay here, while all others go on', () => {
        expect(
            withoutOwnCookies('a=1; __Host-tandem-workspace=s; tandem-session=t; tandem-workspace=u; __Host-tandem-session=v; b=x=y'),
        ).toBe('a=1; b=x=y');
        expect(withoutOwnCookies('tandem-workspace=u')).toBeUndefined();
    });

    it('cannot be set by a program, nor can a program reach its neighbours with its own', () => {
        expect(confinedSetCookie('a=1; Path=/; Domain=ws.tandem.localhost; HttpOnly')).toBe('a=1; Path=/; HttpOnly');
        expect(confinedSetCookie('a=1; Path=/')).toBe('a=1; Path=/');
        expect(confinedSetCookie('tandem-workspace=evil; Path=/')).toBeUndefined();
        expect(confinedSetCookie(' __Host-tandem-workspace=evil; Secure; Path=/')).toBeUndefined();
    });
});
