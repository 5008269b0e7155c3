import type { QueryClient } from '@tanstack/react-query';
import { isNewer, type Listed } from './apply-event.ts';

interface Named {
    metadata: { uid: string; resourceVersion: string };
}

/** Puts an answer of a changing call where events put theirs, so that the page shows it before the event comes. */
export function putIntoList<T extends Named>(client: QueryClient, key: readonly unknown[], object: T): void {
    client.setQueryData<Listed<T>>(key, (list) => {
        if (list === undefined) {
            return list;
        }
        const index = list.items.findIndex((item) => item.metadata.uid === object.metadata.uid);
        const known = list.items[index];
        if (known === undefined) {
            return { ...list, items: [...list.items, object] };
        }
        return isNewer(known.metadata.resourceVersion, object.metadata.resourceVersion)
            ? list
            : { ...list, items: list.items.with(index, object) };
    });
}

/** Takes an object out before the event says so. @returns puts it back */
export function takeFromList(client: QueryClient, key: readonly unknown[], uid: string): () => void {
    const before = client.getQueryData<Listed<Named>>(key);
    client.setQueryData<Listed<Named>>(key, (list) => list && { ...list, items: list.items.filter((item) => item.metadata.uid !== uid) });
    return () => client.setQueryData(key, before);
}
