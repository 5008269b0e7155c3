import { Alert, Button, Group, Select, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { OPEN_PATH, type AccessGrant, type Workspace } from '@tandem/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { usersQuery } from '../../api/queries.ts';
import { CopyField } from '../../components/copy-field.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { teamOf } from '../../workspaces/workspace-facts.ts';

const DURATIONS = Object.entries(messages.workspaces.share.durations)
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => (Number(a.value) || Infinity) - (Number(b.value) || Infinity));

/** Lets a person into a workspace. @param inside people who are let in already */
export function ShareWorkspaceDialog({ workspace, inside }: { workspace: Workspace; inside: readonly AccessGrant[] }) {
    const texts = messages.workspaces.share;
    const client = useQueryClient();
    const users = useQuery(usersQuery);
    const [subject, setSubject] = useState<string | null>(null);
    const [minutes, setMinutes] = useState('480');
    const { mutate, isPending, error, data } = useMutation({
        mutationFn: (person: string) =>
            api.createGrant({
                params: { team: teamOf(workspace), name: workspace.metadata.name },
                body: {
                    subject: person,
                    role: 'editor',
                    run: true,
                    reason: texts.reason,
                    ...(minutes === '0' ? {} : { durationMinutes: Number(minutes) }),
                },
            }),
        meta: { inline: true },
        onSuccess: () => client.invalidateQueries({ queryKey: keys.grants }),
    });
    const people = (users.data?.items ?? [])
        .filter(({ metadata, spec }) => metadata.name !== workspace.spec.owner && !spec.disabled)
        .filter(({ metadata }) => !inside.some(({ spec }) => spec.subject === metadata.name))
        .map(({ metadata, spec }) => ({ value: metadata.name, label: `${spec.displayName} · ${spec.email}` }));
    if (data) {
        return (
            <Stack gap="md">
                <Text>{texts.sent}</Text>
                <CopyField value={`${location.origin}${OPEN_PATH}${workspace.metadata.name}`} what={texts.link} />
                <Group justify="flex-end">
                    <Button data-autofocus onClick={() => modals.closeAll()}>
                        {texts.done}
                    </Button>
                </Group>
            </Stack>
        );
    }
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (subject !== null) {
            mutate(subject);
        }
    };
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <Select
                    data-autofocus
                    searchable
                    label={texts.person}
                    placeholder={texts.personHint}
                    nothingFoundMessage={texts.nobody}
                    data={people}
                    value={subject}
                    onChange={setSubject}
                />
                <Select
                    label={texts.howLong}
                    data={DURATIONS}
                    value={minutes}
                    onChange={(value) => setMinutes(value ?? '480')}
                    allowDeselect={false}
                />
                <Alert color="yellow" title={texts.fullAccess}>
                    {texts.fullAccessText}
                </Alert>
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending} disabled={subject === null}>
                        {texts.action}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
