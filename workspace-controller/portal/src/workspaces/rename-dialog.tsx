import { Button, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { Workspace } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../api/client.ts';
import { FailureAlert } from '../components/failure-alert.tsx';
import { mergeWorkspace } from '../live/merge-event.ts';
import { messages } from '../messages.ts';
import { teamOf } from './workspace-facts.ts';

export function RenameDialog({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces;
    const client = useQueryClient();
    const [displayName, setDisplayName] = useState(workspace.spec.displayName);
    const { mutate, isPending, error } = useMutation({
        mutationFn: () =>
            api.updateWorkspace({
                params: { team: teamOf(workspace), name: workspace.metadata.name },
                body: { displayName: displayName.trim() },
            }),
        meta: { inline: true },
        onSuccess: (renamed) => {
            mergeWorkspace(client, renamed);
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
                <TextInput
                    data-autofocus
                    required
                    maxLength={80}
                    label={texts.name}
                    description={texts.renameHint}
                    value={displayName}
                    onChange={(event) => setDisplayName(event.currentTarget.value)}
                />
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending} disabled={displayName.trim() === ''}>
                        {texts.rename}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
