import { Button, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { failureAt } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { shortName } from '../../logic/short-name.ts';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';

export function CreateTeamDialog() {
    const texts = messages.teams;
    const client = useQueryClient();
    const navigate = useNavigate();
    const [displayName, setDisplayName] = useState('');
    const [typedName, setTypedName] = useState<string>();
    const name = typedName ?? shortName(displayName);
    const { mutate, isPending, error } = useMutation({
        mutationFn: () => api.createTeam({ body: { name, displayName: displayName.trim() } }),
        meta: { inline: true },
        onSuccess: (team) => {
            putIntoList(client, keys.teams, team);
            modals.closeAll();
            void navigate(`/teams/${encodeURIComponent(team.metadata.name)}`);
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    const nameError = failureAt(error, '/name');
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <TextInput
                    data-autofocus
                    required
                    maxLength={80}
                    label={texts.name}
                    value={displayName}
                    onChange={(event) => setDisplayName(event.currentTarget.value)}
                />
                <TextInput
                    required
                    maxLength={63}
                    spellCheck={false}
                    label={texts.id}
                    description={texts.idHint}
                    value={name}
                    error={nameError}
                    onChange={(event) => setTypedName(event.currentTarget.value)}
                />
                {nameError === undefined && <FailureAlert error={error} />}
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending} disabled={name === ''}>
                        {texts.create}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
