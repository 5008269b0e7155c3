import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { failureAt } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { repositoryHost } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';

export function AddCredentialDialog({ host: initialHost, known }: { host: string; known: readonly string[] }) {
    const texts = messages.account.git;
    const client = useQueryClient();
    const [host, setHost] = useState(initialHost);
    const [username, setUsername] = useState('');
    const [password, setPassword] = useState('');
    // People paste the address of the repository here too.
    const name = host.includes('/') ? (repositoryHost(host) ?? host.trim()) : host.trim();
    const { mutate, isPending, error } = useMutation({
        mutationFn: () => api.putGitCredential({ params: { host: name }, body: { username: username.trim(), password } }),
        meta: { inline: true },
        onSuccess: () => {
            void client.invalidateQueries({ queryKey: keys.gitCredentials });
            modals.closeAll();
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    return (
        <form onSubmit={submit} autoComplete="off">
            <Stack gap="md">
                <TextInput
                    required
                    withAsterisk={false}
                    data-autofocus={initialHost === '' || undefined}
                    spellCheck={false}
                    label={texts.host}
                    description={known.includes(name) ? texts.replace(name) : texts.hostHint}
                    value={host}
                    error={failureAt(error, '/host')}
                    onChange={(event) => setHost(event.currentTarget.value)}
                />
                <TextInput
                    required
                    withAsterisk={false}
                    data-autofocus={initialHost !== '' || undefined}
                    autoComplete="off"
                    spellCheck={false}
                    label={texts.username}
                    value={username}
                    onChange={(event) => setUsername(event.currentTarget.value)}
                />
                <PasswordInput
                    required
                    withAsterisk={false}
                    autoComplete="new-password"
                    label={texts.token}
                    value={password}
                    onChange={(event) => setPassword(event.currentTarget.value)}
                />
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending}>
                        {texts.save}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
