import type { Session } from '@tandem/protocol';
import { OPEN_PATH } from '@tandem/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useNavigate } from 'react-router';
import { keys } from '../../api/keys.ts';
import { requestSecret } from '../../api/request-secret.ts';

/** Goes on as the person who has just signed in. */
export function useEnter(): (session: Session, to: string) => void {
    const client = useQueryClient();
    const navigate = useNavigate();
    return useCallback(
        (session, to) => {
            requestSecret.set(session.requestSecret);
            client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
            client.setQueryData(keys.session, session);
            // These are the server's pages, not ours.
            if (to.startsWith(OPEN_PATH) || to.startsWith('/auth/') || to.startsWith('/api/')) {
                location.replace(to);
            } else {
                void navigate(to, { replace: true });
            }
        },
        [client, navigate],
    );
}
