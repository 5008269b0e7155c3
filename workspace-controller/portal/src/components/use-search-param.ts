import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** Changes values in the address, without a new entry in the history. An empty value is taken out. */
export function useSetSearch(): (values: Readonly<Record<string, string>>) => void {
    const [, setSearch] = useSearchParams();
    return useCallback(
        (values) =>
            setSearch(
                (before) => {
                    const next = new URLSearchParams(before);
                    for (const [name, value] of Object.entries(values)) {
                        if (value === '') {
                            next.delete(name);
                        } else {
                            next.set(name, value);
                        }
                    }
                    return next;
                },
                { replace: true, preventScrollReset: true },
            ),
        [setSearch],
    );
}

/** One value that lives in the address. */
export function useSearchParam(name: string): [string, (value: string) => void] {
    const [search] = useSearchParams();
    const setSearch = useSetSearch();
    return [search.get(name) ?? '', useCallback((value) => setSearch({ [name]: value }), [name, setSearch])];
}
