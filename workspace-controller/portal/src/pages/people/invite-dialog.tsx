import { Button, Checkbox, Group, Select, Stack, Switch, TextInput } from '@mantine/core';
import { isApiError } from '@tandem/api-client';
import { TEAM_ROLES_TEXT, type TeamRole } from '../../logic/team-roles.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { failureAt } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { teamsQuery } from '../../api/queries.ts';
import { useIdempotencyKey } from '../../api/use-idempotency-key.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { InvitationLink } from './invitation-link.tsx';

const EMPTY = { email: '', displayName: '', team: '', role: 'developer' as TeamRole, admin: false };

/** Asks for an address, answers with a link to send. */
export function InviteDialog() {
    const texts = messages.people;
    const client = useQueryClient();
    const teams = useQuery(teamsQuery);
    const [draft, setDraft] = useState(EMPTY);
    const [accepted, setAccepted] = useState(false);
    const { keyFor, renew } = useIdempotencyKey();
    const change = (part: Partial<typeof EMPTY>) => setDraft((before) => ({ ...before, ...part }));
    const choices = (teams.data?.items ?? []).map(({ metadata, spec }) => ({ value: metadata.name, label: spec.displayName }));
    const team = draft.team || (choices.length === 1 ? (choices[0]?.value ?? '') : '');
    const { mutate, data, error, isPending, reset } = useMutation({
        mutationFn: async () => {
            if (accepted) {
                await api.acceptSharedMachine({ body: { accepted: true } });
            }
            const body = {
                email: draft.email.trim(),
                admin: draft.admin,
                ...(draft.displayName.trim() === '' ? {} : { displayName: draft.displayName.trim() }),
                ...(team === '' ? {} : { team, role: draft.role }),
            };
            return api.createInvitation({ body, idempotencyKey: keyFor([body, accepted]) });
        },
        meta: { inline: true },
        onSuccess: () => void client.invalidateQueries({ queryKey: keys.invitations }),
    });
    const shared = isApiError(error, 'shared-machine-not-accepted');
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    if (data !== undefined) {
        const another = () => {
            setDraft({ ...EMPTY, team: draft.team, role: draft.role });
            renew();
            reset();
        };
        return <InvitationLink invitation={data} onAnother={another} />;
    }
    return (
        <form onSubmit={submit}>
            <Stack gap="md">
                <TextInput
                    data-autofocus
                    required
                    type="email"
                    label={texts.email}
                    value={draft.email}
                    error={failureAt(error, '/email')}
                    onChange={(event) => change({ email: event.currentTarget.value })}
                />
                <TextInput
                    label={texts.name}
                    placeholder={messages.common.optional}
                    maxLength={80}
                    value={draft.displayName}
                    onChange={(event) => change({ displayName: event.currentTarget.value })}
                />
                <Group grow gap="sm" align="flex-start">
                    <Select
                        label={texts.team}
                        data={choices}
                        placeholder={texts.noTeamChoice}
                        clearable
                        value={team || null}
                        error={failureAt(error, '/team')}
                        onChange={(value) => change({ team: value ?? '' })}
                    />
                    {team !== '' && (
                        <Select
                            label={texts.role}
                            data={TEAM_ROLES_TEXT}
                            value={draft.role}
                            onChange={(value) => change({ role: (value ?? 'developer') as TeamRole })}
                        />
                    )}
                </Group>
                <Switch
                    label={texts.admin}
                    description={texts.adminHint}
                    checked={draft.admin}
                    onChange={(event) => change({ admin: event.currentTarget.checked })}
                />
                {!failureAt(error, '/email') && !failureAt(error, '/team') && (
                    <FailureAlert error={error} {...(shared ? { title: texts.shared.title } : {})} />
                )}
                {shared && (
                    <Checkbox
                        label={texts.shared.accept}
                        description={texts.shared.text}
                        checked={accepted}
                        onChange={(event) => setAccepted(event.currentTarget.checked)}
                    />
                )}
                <Group justify="flex-end">
                    <Button type="submit" loading={isPending} disabled={shared && !accepted}>
                        {texts.create}
                    </Button>
                </Group>
            </Stack>
        </form>
    );
}
