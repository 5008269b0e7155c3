import { Button, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';

export function RenamePasskeyDialog({ id, name: before }: { id: string; name: string }) {
    const texts = messages.account.signIn;
    const client = useQueryClient();
    const [name, setName] = useState(before);
    const { mutate, isPending, error } = useMutation({
        mutationFn: () => api.renamePasskey({ params: { id }, body: { name: name.trim() } }),
        meta: { inline: true },
        onSuccess: async () => {
            await client.invalidateQueries({ queryKey: keys.passkeys });
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
                    label={texts.passkeyName}
                    value={name}
                    onChange={(event) => setName(event.currentTarget.value)}
                />
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending} disabled={name.trim() === ''}>
                        {texts.rename}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
