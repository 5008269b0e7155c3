import type { Kind, ResourceOf } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { ResourceStore } from '../store/resource-store.ts';
import type { RightsIndex } from './rights-index.ts';

const ATTEMPTS = 8;

/**
 * Reads an object, changes a copy of its spec and writes it, again from the start when someone else wrote meanwhile. The
 * index has the result before this resolves. Returning `false` from `change` leaves the object as it is.
 *
 * @throws AppError `not-found`, `conflict` after eight lost races
 */
export async function updateObject<K extends Kind>(
    store: ResourceStore,
    rights: RightsIndex,
    key: { kind: K; namespace: string; name: string },
    change: (object: ResourceOf<K>) => void | false,
): Promise<ResourceOf<K>> {
    for (let attempt = 1; ; attempt++) {
        const current = await store.get(key.kind, key.namespace, key.name);
        if (current === undefined || current.metadata.deletedAt !== undefined) {
            throw new AppError('not-found', `There is no ${key.kind} "${key.name}".`);
        }
        const copy = structuredClone(current);
        if (change(copy) === false) {
            return current;
        }
        try {
            const written = await store.update(copy);
            rights.apply(written);
            return written;
        } catch (error) {
            if (!(error instanceof AppError) || error.code !== 'conflict' || attempt >= ATTEMPTS) {
                throw error;
            }
        }
    }
}
