import { useEffect } from 'react';

/** List of the IDE's bundles that all workspaces share; not there when the server has no IDE. */
const LIST = '/ide-assets.json';
const AFTER_MS = 1_500;

let begun = false;

/** Gets the IDE's bundles into the browser's cache when there is nothing else to do. */
export function usePrefetchIde(): void {
    useEffect(() => {
        const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
        if (begun || connection?.saveData === true) {
            return;
        }
        begun = true;
        const idle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, AFTER_MS));
        setTimeout(() => idle(() => void prefetch()), AFTER_MS);
    }, []);
}

async function prefetch(): Promise<void> {
    try {
        const response = await fetch(LIST, { credentials: 'same-origin' });
        const list: unknown = response.ok ? await response.json() : [];
        for (const href of Array.isArray(list) ? list : []) {
            if (typeof href === 'string') {
                const link = document.createElement('link');
                link.rel = 'prefetch';
                link.href = href;
                document.head.append(link);
            }
        }
    } catch {
        // Only a head start: the IDE loads without it.
    }
}
