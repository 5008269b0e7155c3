import { Button, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { Workspace } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../api/client.ts';
import { FailureAlert } from '../components/failure-alert.tsx';
import { showDone } from '../components/toasts.tsx';
import { messages } from '../messages.ts';
import { replaceWorkspace } from './replace-workspace.ts';
import { teamOf } from './workspace-facts.ts';

/** Deletes after the name was typed, and says what will be lost. */
export function DeleteDialog({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces;
    const client = useQueryClient();
    const { metadata, spec, status } = workspace;
    const [typed, setTyped] = useState('');
    const matches = typed.trim() === spec.displayName || typed.trim() === metadata.name;
    const { mutate, isPending, error } = useMutation({
        mutationFn: () =>
            api.deleteWorkspace({ params: { team: teamOf(workspace), name: metadata.name }, body: { confirmName: typed.trim() } }),
        meta: { inline: true },
        onSuccess: () => {
            replaceWorkspace(client, { ...workspace, metadata: { ...metadata, deletedAt: new Date().toISOString() } });
            modals.closeAll();
            showDone(texts.deleted(spec.displayName));
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (matches) {
            mutate();
        }
    };
    const uncommitted = status.uncommittedFiles ?? 0;
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <div>
                    {texts.deleteText} {uncommitted > 0 && <strong>{texts.deleteUncommitted(uncommitted)}</strong>}
                </div>
                <TextInput
                    data-autofocus
                    autoComplete="off"
                    spellCheck={false}
                    label={texts.deleteConfirm(spec.displayName)}
                    value={typed}
                    onChange={(event) => setTyped(event.currentTarget.value)}
                />
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" color="red" loading={isPending} disabled={!matches}>
                        {texts.delete}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
