/**
 * Where to go after signing in: a path of this origin and nothing else, so that a link cannot send people elsewhere.
 *
 * @param value of `?return=`
 */
export function returnAddress(value: string | null): string {
    if (value === null || !/^\/(?![/\\])/.test(value) || /[\s\\]/.test(value) || /^\/sign-in(\/|\?|#|$)/.test(value)) {
        return '/';
    }
    return value;
}
