import { Compile } from 'typebox/compile';
import { KINDS, type Kind } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';

const validators = new Map(Object.entries(KINDS).map(([kind, schema]) => [kind as Kind, Compile(schema)]));

/**
 * Checks an object against its kind's schema.
 *
 * @throws AppError `invalid-request` with a pointer to the first value that is wrong
 */
export function validateResource(kind: Kind, object: unknown): void {
    const validator = validators.get(kind);
    if (validator === undefined) {
        throw new AppError('invalid-request', `There is no kind "${kind}".`);
    }
    if (validator.Check(object)) {
        return;
    }
    const [first] = validator.Errors(object);
    const pointer = first?.instancePath ?? '';
    throw new AppError('invalid-request', `${kind}${pointer} ${first?.message ?? 'does not fit the schema'}.`, { pointer });
}
