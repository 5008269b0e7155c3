import { AppError } from '@tandem/server-kit';

const DEFAULT_LIMIT = 100;

interface PageQuery {
    limit?: number;
    cursor?: string;
}

/**
 * One page of a list that is already in memory. The cursor names the last item of the page before, so that what is added
 * or removed meanwhile shifts nothing.
 *
 * @throws AppError `invalid-request` for a cursor that no answer contained
 */
export function paginate<T>(items: readonly T[], keyOf: (item: T) => string, query: PageQuery): { items: T[]; nextCursor?: string } {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const after = query.cursor === undefined ? undefined : decode(query.cursor);
    const keyed = items.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    const rest = after === undefined ? keyed : keyed.filter(({ key }) => key > after);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    const more = rest.length > page.length && last !== undefined;
    return { items: page.map(({ item }) => item), ...(more ? { nextCursor: encode(last.key) } : {}) };
}

const encode = (key: string): string => Buffer.from(JSON.stringify([key])).toString('base64url');

function decode(cursor: string): string {
    try {
        const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
        if (Array.isArray(value) && typeof value[0] === 'string') {
            return value[0];
        }
    } catch {
        // Told below.
    }
    throw new AppError('invalid-request', 'The cursor is not one that an earlier page gave.', { pointer: '/cursor' });
}

/** Key of a resource in lists. */
export const keyOfObject = (object: { metadata: { namespace: string; name: string } }): string =>
    `${object.metadata.namespace}/${object.metadata.name}`;
