import type { Team } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { showDone } from '../../components/toasts.tsx';
import type { TeamRole } from '../../logic/team-roles.ts';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';

/** Changes who is in a team. */
export function useMembers(team: Team) {
    const client = useQueryClient();
    const params = (name: string) => ({ team: team.metadata.name, name });
    const onSuccess = (changed: Team) => {
        putIntoList(client, keys.teams, changed);
        // One's own roles may have changed with it.
        void client.invalidateQueries({ queryKey: keys.session });
    };
    const put = useMutation({
        mutationFn: ({ name, role }: { name: string; role: TeamRole }) => api.setMember({ params: params(name), body: { role } }),
        onSuccess,
    });
    const take = useMutation({ mutationFn: (name: string) => api.removeMember({ params: params(name) }), onSuccess });
    return {
        setRole: (name: string, role: TeamRole) => put.mutate({ name, role }),
        remove: (name: string, role: TeamRole, displayName: string) =>
            take.mutate(name, {
                onSuccess: () => showDone(messages.teams.removed(displayName), () => put.mutate({ name, role })),
            }),
    };
}
