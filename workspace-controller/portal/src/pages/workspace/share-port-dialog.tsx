import '@mantine/core/styles/Radio.layer.css';
import { Button, Group, Radio, Select, Stack } from '@mantine/core';
import { modals } from '@mantine/modals';
import { PORT_AUDIENCES, type PortAudience, type Workspace } from '@tandem/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { teamsQuery } from '../../api/queries.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { teamOf } from '../../workspaces/workspace-facts.ts';

const DURATIONS = Object.entries(messages.workspaces.page.durations)
    .map(([minutes, label]) => ({ value: minutes, label }))
    // "Until I make it private" is the last choice, not the first.
    .sort((a, b) => (Number(a.value) || Infinity) - (Number(b.value) || Infinity));

/** Asks with whom and for how long a port is shared. */
export function SharePortDialog({ workspace, port }: { workspace: Workspace; port: number }) {
    const texts = messages.workspaces.page;
    const client = useQueryClient();
    const [audience, setAudience] = useState<PortAudience>('team');
    const [minutes, setMinutes] = useState('480');
    const team = useQuery(teamsQuery).data?.items.find(({ metadata }) => metadata.name === teamOf(workspace));
    const allowed = (each: PortAudience): boolean => each !== 'public' || team?.spec.publicPorts === true;
    const { mutate, isPending, error } = useMutation({
        mutationFn: () =>
            api.sharePort({
                params: { team: teamOf(workspace), name: workspace.metadata.name, port: String(port) },
                body: { audience, ...(minutes === '0' ? {} : { minutes: Number(minutes) }) },
            }),
        meta: { inline: true },
        onSuccess: async () => {
            await client.invalidateQueries({ queryKey: keys.portsOf(workspace.metadata.name) });
            modals.closeAll();
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <Radio.Group
                    label={texts.shareWith}
                    description={texts.shareHint}
                    value={audience}
                    onChange={(value) => setAudience(value as PortAudience)}
                >
                    <Stack gap="xs" mt="xs">
                        {PORT_AUDIENCES.map((each) => (
                            <Radio
                                key={each}
                                value={each}
                                label={texts.audiences[each].name}
                                disabled={!allowed(each)}
                                description={allowed(each) ? undefined : texts.publicNotAllowed}
                            />
                        ))}
                    </Stack>
                </Radio.Group>
                <Select
                    label={texts.shareFor}
                    data={DURATIONS}
                    value={minutes}
                    onChange={(value) => setMinutes(value ?? '480')}
                    allowDeselect={false}
                />
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending}>
                        {texts.share}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
