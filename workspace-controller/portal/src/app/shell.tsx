import { useRef } from 'react';
import { Outlet, useLocation } from 'react-router';
import { Suspense } from 'react';
import { Waiting } from '../components/waiting.tsx';
import { messages } from '../messages.ts';
import { CommandPaletteHost } from './command-palette-host.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { OfflineBanner } from './offline-banner.tsx';
import { TopBar } from './top-bar.tsx';
import { usePrefetchIde } from './use-prefetch-ide.ts';
import classes from './shell.module.css';

/** What stands around every page: the bar, the state of the line, the palette. */
export function Shell() {
    const main = useRef<HTMLElement>(null);
    const { pathname } = useLocation();
    usePrefetchIde();
    return (
        <>
            <a href="#content" className={classes['skip']}>
                {messages.common.skipToContent}
            </a>
            <TopBar />
            <OfflineBanner />
            <main id="content" ref={main} tabIndex={-1} className={classes['main']}>
                <ErrorBoundary key={pathname}>
                    <Suspense fallback={<Waiting />}>
                        <Outlet />
                    </Suspense>
                </ErrorBoundary>
            </main>
            <CommandPaletteHost />
        </>
    );
}
