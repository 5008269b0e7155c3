/** The items in the order of the keys in `before`; those that are not in it come first, sorted. */
export function keepOrder<T>(
    items: readonly T[],
    keyOf: (item: T) => string,
    compare: (a: T, b: T) => number,
    before: readonly string[],
): readonly T[] {
    const places = new Map(before.map((key, index) => [key, index]));
    const place = (item: T): number => places.get(keyOf(item)) ?? -1;
    return items.toSorted((a, b) => {
        const [one, other] = [place(a), place(b)];
        return one < 0 && other < 0 ? compare(a, b) : one - other;
    });
}
