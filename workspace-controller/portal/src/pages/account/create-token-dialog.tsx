import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { BodyOf } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { useIdempotencyKey } from '../../api/use-idempotency-key.ts';
import { CopyField } from '../../components/copy-field.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';

type Scope = BodyOf<'createToken'>['scope'];
const DAYS = [7, 30, 90, 365];

/** Makes a token and shows it once. */
export function CreateTokenDialog() {
    const texts = messages.account.tokens;
    const client = useQueryClient();
    const [name, setName] = useState('');
    const [scope, setScope] = useState<Scope>('write');
    const [days, setDays] = useState('90');
    const { keyFor } = useIdempotencyKey();
    const { mutate, data, isPending, error } = useMutation({
        mutationFn: () => {
            const body = { name: name.trim(), scope, expiresInDays: Number(days) };
            return api.createToken({ body, idempotencyKey: keyFor(body) });
        },
        meta: { inline: true },
        onSuccess: () => void client.invalidateQueries({ queryKey: keys.tokens }),
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    if (data !== undefined) {
        return (
            <Stack gap="md">
                <Text>{texts.once}</Text>
                <CopyField value={data.token ?? ''} what={texts.token} />
                <Group justify="flex-end">
                    <Button onClick={() => modals.closeAll()}>{texts.done}</Button>
                </Group>
            </Stack>
        );
    }
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <TextInput
                    required
                    data-autofocus
                    withAsterisk={false}
                    maxLength={80}
                    label={texts.name}
                    value={name}
                    onChange={(event) => setName(event.currentTarget.value)}
                />
                <Group grow gap="sm">
                    <Select
                        label={texts.scope}
                        value={scope}
                        data={(['read', 'write', 'admin'] as const).map((value) => ({ value, label: texts.scopes[value] }))}
                        onChange={(next) => setScope((next ?? 'write') as Scope)}
                    />
                    <Select
                        label={texts.expires}
                        value={days}
                        data={DAYS.map((count) => ({ value: String(count), label: texts.days(count) }))}
                        onChange={(next) => setDays(next ?? '90')}
                    />
                </Group>
                <FailureAlert error={error} />
                <Group justify="flex-end" gap="xs">
                    <Button variant="default" onClick={() => modals.closeAll()}>
                        {messages.common.cancel}
                    </Button>
                    <Button type="submit" loading={isPending}>
                        {texts.create}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
