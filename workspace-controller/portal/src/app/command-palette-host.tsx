import { lazy, Suspense, useEffect, useState } from 'react';
import { onOpenPalette, openPalette } from './palette-state.ts';

const CommandPalette = lazy(() => import('./command-palette.tsx'));

/** Loads the palette when it is first asked for. */
export function CommandPaletteHost() {
    const [asked, setAsked] = useState(false);
    useEffect(() => {
        const press = (event: KeyboardEvent) => {
            if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
                event.preventDefault();
                openPalette();
            }
        };
        addEventListener('keydown', press);
        const forget = onOpenPalette(() => setAsked(true));
        return () => {
            removeEventListener('keydown', press);
            forget();
        };
    }, []);
    return <Suspense>{asked && <CommandPalette />}</Suspense>;
}
