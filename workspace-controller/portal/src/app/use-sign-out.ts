import { isApiError } from '@tandem/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api } from '../api/client.ts';
import { keys } from '../api/keys.ts';
import { requestSecret } from '../api/request-secret.ts';
import { useLive } from '../live/live-provider.tsx';

/** Ends the session here and in every tab of this browser, and forgets what was shown. */
export function useSignOut(): () => void {
    const client = useQueryClient();
    const navigate = useNavigate();
    const { announceSignOut } = useLive();
    const { mutate } = useMutation({
        mutationFn: async () => {
            try {
                await api.signOut();
            } catch (error) {
                if (!isApiError(error, 'not-signed-in')) {
                    throw error;
                }
            }
        },
        onSuccess: () => {
            requestSecret.set(undefined);
            announceSignOut();
            void navigate('/sign-in');
            client.setQueryData(keys.session, null);
            client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
        },
    });
    return mutate;
}
