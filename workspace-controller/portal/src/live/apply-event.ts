import type { ResourceEvent } from '@tandem/api-client';

export interface Listed<T> {
    items: readonly T[];
    /** Resource version of the list when it was read. */
    version: string | undefined;
}

interface Named {
    metadata: { uid: string; resourceVersion: string };
}

/**
 * What a list becomes by one event. The same object when nothing changed, so that nothing is drawn anew.
 *
 * @param belongs whether an object is one of this list's; one that ceases to be is taken out
 */
export function applyEvent<T extends Named>(list: Listed<T>, event: ResourceEvent, belongs: (object: T) => boolean): Listed<T> {
    const object = event.object as unknown as T;
    const index = list.items.findIndex((item) => item.metadata.uid === object.metadata.uid);
    if (event.type === 'deleted' || !belongs(object)) {
        return index < 0 ? list : { ...list, items: list.items.toSpliced(index, 1) };
    }
    if (index < 0) {
        return { ...list, items: [...list.items, object] };
    }
    const known = list.items[index] as T;
    if (!isNewer(object.metadata.resourceVersion, known.metadata.resourceVersion)) {
        return list;
    }
    return { ...list, items: list.items.with(index, object) };
}

/**
 * Whether `version` comes after `known`. Versions are opaque: numbers are compared, for others the event is believed,
 * as the stream keeps their order. A repeated event after a reconnect must not undo a newer answer.
 */
export function isNewer(version: string, known: string): boolean {
    if (version === known) {
        return false;
    }
    const [a, b] = [numeric(version), numeric(known)];
    return a === undefined || b === undefined || a > b;
}

function numeric(version: string): bigint | undefined {
    return /^\d+$/.test(version) ? BigInt(version) : undefined;
}
