import { useRef } from 'react';
import { keepOrder } from './keep-order.ts';

/**
 * The items in `compare`'s order as it was when first shown: a row does not move away under the pointer because somebody
 * typed somewhere. New items come first. Another `view` is sorted anew.
 */
export function useStableOrder<T>(
    items: readonly T[],
    keyOf: (item: T) => string,
    compare: (a: T, b: T) => number,
    view: string,
): readonly T[] {
    const shown = useRef<{ view: string; keys: readonly string[] }>({ view: '', keys: [] });
    const before = shown.current.view === view ? shown.current.keys : [];
    const ordered = keepOrder(items, keyOf, compare, before);
    shown.current = { view, keys: ordered.map(keyOf) };
    return ordered;
}
