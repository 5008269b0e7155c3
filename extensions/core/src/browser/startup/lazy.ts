/**
 * An object that is made when it is first used. For injected services that are expensive to make and rarely needed; it is no
 * promise, which the container asks of all that it hands out.
 */
export function lazy<T extends object>(make: () => T): T {
    let made: T | undefined;
    return new Proxy({} as T, {
        get: (_target, name) => {
            if (name === 'then') {
                return undefined;
            }
            made ??= make();
            const value: unknown = Reflect.get(made, name, made);
            return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(made) : value;
        },
        set: (_target, name, value) => {
            made ??= make();
            return Reflect.set(made, name, value, made);
        },
        has: (_target, name) => name in (made ??= make()),
    });
}
