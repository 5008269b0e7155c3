import { AppError } from '@tandem/server-kit';

/** Ends a controller's life at its n-th effect once armed: just before it happens, or just after, before anybody hears of it. */
export class CrashPoint {
    readonly reached: Promise<void>;
    private resolve!: () => void;
    private left: number;
    private readonly before: boolean;
    private dead = false;
    private armed = false;

    constructor(effects: number, before: boolean) {
        this.left = effects;
        this.before = before;
        this.reached = new Promise((resolve) => (this.resolve = resolve));
    }

    arm(): void {
        this.armed = true;
    }

    /** The same object, of which the named methods are effects and nothing works after the end. */
    guard<T extends object>(target: T, effects: readonly (keyof T)[]): T {
        return new Proxy(target, {
            get: (object, name) => {
                const value = Reflect.get(object, name, object) as unknown;
                if (typeof value !== 'function') {
                    return value;
                }
                const call = value.bind(object) as (...args: unknown[]) => unknown;
                return effects.includes(name as keyof T) ? (...args: unknown[]) => this.effect(() => call(...args)) : call;
            },
        });
    }

    private async effect(run: () => unknown): Promise<unknown> {
        this.assertAlive();
        if (!this.armed || --this.left > 0) {
            const result = await run();
            this.assertAlive();
            return result;
        }
        this.dead = true;
        if (!this.before) {
            await run();
        }
        this.resolve();
        return this.assertAlive();
    }

    private assertAlive(): void {
        if (this.dead) {
            throw new AppError('unavailable', 'The controller was killed.');
        }
    }
}
