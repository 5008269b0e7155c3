import { messages } from '../messages.ts';
import { useSession } from './session-context.ts';

export interface NavEntry {
    to: string;
    label: string;
}

/** Where one can go; what only admins may see is not offered to others. */
export function useNavEntries(): readonly NavEntry[] {
    const { nav } = messages.common;
    const { admin } = useSession().user;
    const forAll = [
        { to: '/', label: nav.workspaces },
        { to: '/templates', label: nav.templates },
        { to: '/teams', label: nav.teams },
    ];
    return admin ? [...forAll, { to: '/people', label: nav.people }, { to: '/audit', label: nav.audit }] : forAll;
}
