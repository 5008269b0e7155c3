import './theme/mantine-styles.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client.ts';
import { sessionQuery, workspacesQuery } from './api/queries.ts';
import { App } from './app/app.tsx';

const PUBLIC_PAGES = /^\/(sign-in|invitation)(\/|$)/;

// What the first screen needs is asked for while the page is still being put together.
void queryClient.prefetchQuery(sessionQuery);
if (!PUBLIC_PAGES.test(location.pathname)) {
    void queryClient.prefetchQuery(workspacesQuery('mine'));
}

createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
        <App />
    </StrictMode>,
);
