import type { ResourceEvent } from '@tandem/api-client';
import type { Session } from '@tandem/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { keys } from '../api/keys.ts';
import { grantsQuery, workspacesQuery } from '../api/queries.ts';
import { LiveLine } from './live-line.ts';
import { mergeEvent } from './merge-event.ts';
import type { LineState } from './tab-channel.ts';

interface Live {
    state: LineState;
    retryNow: () => void;
    announceSignOut: () => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/** State of the event stream and what can be done about it. */
export function useLive(): Live {
    const live = useContext(LiveContext);
    if (live === undefined) {
        throw new Error('useLive is used outside of LiveProvider');
    }
    return live;
}

/** Keeps everything in the query cache current while somebody is signed in. */
export function LiveProvider({ session, children }: { session: Session; children: ReactNode }) {
    const client = useQueryClient();
    const { name, admin } = session.user;
    const all = admin || session.teams.some((team) => team.role === 'lead');
    const [state, setState] = useState<LineState>({ kind: 'connecting' });
    const line = useRef<LiveLine | undefined>(undefined);
    const workspaces = useQuery(workspacesQuery('mine'));
    const grants = useQuery({ ...grantsQuery, enabled: all });
    const listed = !workspaces.isPending && (!all || !grants.isPending);
    const version = useRef<string | undefined>(undefined);
    version.current = workspaces.data?.version;

    useEffect(() => {
        if (!listed) {
            return;
        }
        const open = () => {
            line.current = new LiveLine({
                all,
                onEvent: (event: ResourceEvent) => mergeEvent(client, event, { me: name, all }),
                onState: setState,
                onGap: () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' }),
                onSignedOut: () => void client.invalidateQueries({ queryKey: keys.session }),
            });
            line.current.start(version.current);
        };
        // A page in the browser's back cache must hold no lock; when it comes back, time has passed.
        const hide = () => line.current?.stop();
        const show = (event: PageTransitionEvent) => {
            if (event.persisted) {
                void client.invalidateQueries();
                open();
            }
        };
        open();
        addEventListener('pagehide', hide);
        addEventListener('pageshow', show);
        return () => {
            removeEventListener('pagehide', hide);
            removeEventListener('pageshow', show);
            line.current?.stop();
        };
    }, [listed, all, name, client]);

    const live = useMemo<Live>(
        () => ({
            state,
            retryNow: () => line.current?.retryNow(),
            announceSignOut: () => line.current?.signedOut(),
        }),
        [state],
    );
    return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}
