export interface PageOf<T> {
    items: T[];
    nextCursor?: string;
    version?: string;
}

/**
 * Every item of a list, page after page.
 *
 * @example for await (const user of paginate((cursor) => client.listUsers({ query: { cursor } }))) …
 */
export async function* paginate<T>(fetchPage: (cursor: string | undefined) => Promise<PageOf<T>>): AsyncGenerator<T> {
    let cursor: string | undefined;
    do {
        const page = await fetchPage(cursor);
        yield* page.items;
        cursor = page.nextCursor;
    } while (cursor !== undefined);
}

/** All items at once, with the version of the first page: subscribe to events from there and nothing is missed. */
export async function listAll<T>(
    fetchPage: (cursor: string | undefined) => Promise<PageOf<T>>,
): Promise<{ items: T[]; version: string | undefined }> {
    const items: T[] = [];
    let version: string | undefined;
    let cursor: string | undefined;
    do {
        const page = await fetchPage(cursor);
        version ??= page.version;
        items.push(...page.items);
        cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { items, version };
}
