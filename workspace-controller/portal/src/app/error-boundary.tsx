import { Component, type ErrorInfo, type ReactNode } from 'react';
import { messages } from '../messages.ts';
import { CrashPage } from './crash-page.tsx';

interface ErrorBoundaryState {
    error: Error | undefined;
}

/** Shows what can be done when a page throws, in place of a blank one. */
export class ErrorBoundary extends Component<{ children: ReactNode }, ErrorBoundaryState> {
    override state: ErrorBoundaryState = { error: undefined };

    static getDerivedStateFromError(error: unknown): ErrorBoundaryState {
        return { error: error instanceof Error ? error : new Error(String(error)) };
    }

    override componentDidCatch(error: Error, info: ErrorInfo): void {
        console.error(error, info.componentStack);
    }

    override render(): ReactNode {
        const { error } = this.state;
        if (error === undefined) {
            return this.props.children;
        }
        // After an update the hashed files of the old page are gone.
        const stale = /dynamically imported module|module script failed|Failed to fetch dynamically/i.test(error.message);
        return <CrashPage error={error} texts={stale ? messages.common.newVersion : messages.common.crash} />;
    }
}
