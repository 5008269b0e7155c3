import { Switch } from '@mantine/core';
import type { Team } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { Section } from '../../components/section.tsx';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';

/** Whether the team's ports may be opened to everybody. */
export function PublicPortsSection({ team, mayChange }: { team: Team; mayChange: boolean }) {
    const texts = messages.teams;
    const client = useQueryClient();
    const { mutate, isPending } = useMutation({
        mutationFn: (publicPorts: boolean) => api.updateTeam({ params: { team: team.metadata.name }, body: { publicPorts } }),
        onSuccess: (changed) => putIntoList(client, keys.teams, changed),
    });
    return (
        <Section title={texts.portsTitle} hint={mayChange ? texts.publicPortsHint : texts.publicPortsAdmin}>
            <Switch
                label={texts.publicPorts}
                checked={team.spec.publicPorts === true}
                disabled={!mayChange || isPending}
                onChange={(event) => mutate(event.currentTarget.checked)}
            />
        </Section>
    );
}
