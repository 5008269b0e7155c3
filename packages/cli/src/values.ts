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
