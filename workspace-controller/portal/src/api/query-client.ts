import { isApiError } from '@tandem/api-client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { showFailure } from '../components/toasts.tsx';
import { keys } from './keys.ts';

declare module '@tanstack/react-query' {
    interface Register {
        mutationMeta: { /** The place that made the call shows its failure itself. */ inline?: boolean };
    }
}

/** Lists are kept current by events, so nothing is read again by itself. */
export const queryClient = new QueryClient({
    queryCache: new QueryCache({ onError: noticeSignOut }),
    mutationCache: new MutationCache({
        onError: (error, _variables, _context, mutation) => {
            noticeSignOut(error);
            if (mutation.meta?.inline !== true) {
                showFailure(error);
            }
        },
    }),
    defaultOptions: {
        queries: {
            staleTime: Infinity,
            gcTime: 30 * 60_000,
            refetchOnWindowFocus: false,
            refetchOnReconnect: false,
            networkMode: 'always',
            retry: (count, error) => count < 2 && isApiError(error) && (error.status === 0 || error.status >= 500),
            retryDelay: (attempt) => 400 * 2 ** attempt,
        },
        mutations: { networkMode: 'always' },
    },
});

/** A session that ended elsewhere shows the sign-in page, whichever call learns of it. */
function noticeSignOut(error: unknown): void {
    if (isApiError(error, 'not-signed-in') && queryClient.getQueryData(keys.session) !== undefined) {
        queryClient.setQueryData(keys.session, null);
    }
}
