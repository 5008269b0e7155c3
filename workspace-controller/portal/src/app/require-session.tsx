import { useQuery } from '@tanstack/react-query';
import { Navigate, useLocation } from 'react-router';
import { sessionQuery } from '../api/queries.ts';
import { FailureAlert } from '../components/failure-alert.tsx';
import { Waiting } from '../components/waiting.tsx';
import { LiveProvider } from '../live/live-provider.tsx';
import { messages } from '../messages.ts';
import { Page } from '../components/page.tsx';
import { SessionContext } from './session-context.ts';
import { Shell } from './shell.tsx';

/** The pages of a signed-in person; who is not goes to the sign-in page and comes back afterwards. */
export function RequireSession() {
    const session = useQuery(sessionQuery);
    const { pathname, search, hash } = useLocation();
    if (session.data === null) {
        const from = pathname + search + hash;
        return <Navigate to={from === '/' ? '/sign-in' : `/sign-in?return=${encodeURIComponent(from)}`} replace />;
    }
    if (session.data !== undefined) {
        return (
            <SessionContext.Provider value={session.data}>
                <LiveProvider session={session.data} key={session.data.user.name}>
                    <Shell />
                </LiveProvider>
            </SessionContext.Provider>
        );
    }
    if (session.isError) {
        return (
            <main>
                <Page title={messages.common.product} narrow>
                    <FailureAlert
                        error={session.error}
                        title={messages.common.loadFailed(messages.common.product)}
                        onRetry={() => void session.refetch()}
                    />
                </Page>
            </main>
        );
    }
    return <Waiting />;
}
