import type { Session } from '@tandem/protocol';
import { createContext, useContext } from 'react';

export const SessionContext = createContext<Session | undefined>(undefined);

/** Who is signed in. Only below the pages that need a session. */
export function useSession(): Session {
    const session = useContext(SessionContext);
    if (session === undefined) {
        throw new Error('useSession is used on a page that needs no session');
    }
    return session;
}
