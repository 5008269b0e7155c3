import { InvalidArgumentError } from 'commander';

/** For an option's value: one of a few words. */
export const oneOf =
    <const Values extends readonly string[]>(values: Values) =>
    (given: string): Values[number] => {
        if (!values.includes(given)) {
            throw new InvalidArgumentError(`Give one of ${values.join(', ')}.`);
        }
        return given;
    };

/** For an option's value: a whole number within bounds. */
export const wholeNumber =
    (minimum: number, maximum: number) =>
    (given: string): number => {
        const value = Number(given);
        if (given.trim() === '' || !Number.isInteger(value) || value < minimum || value > maximum) {
            throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`);
        }
        return value;
    };

const MINUTES = { m: 1, h: 60, d: 1_440 } as const;

/** For an option's value: `30m`, `8h` or `7d`, in minutes. */
export function duration(given: string): number {
    const [, amount, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(given) ?? [];
    const minutes = Number(amount) * (MINUTES[unit as keyof typeof MINUTES] ?? NaN);
    if (!(minutes <= 43_200)) {
        throw new InvalidArgumentError('Give minutes, hours or days, at most 30 days: 30m, 8h, 7d.');
    }
    return minutes;
}
