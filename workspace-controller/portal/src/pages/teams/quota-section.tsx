import { Button, Group, NumberInput } from '@mantine/core';
import type { Quota, Team } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Section } from '../../components/section.tsx';
import { showDone } from '../../components/toasts.tsx';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';
import classes from './quota-section.module.css';

const FIELDS = ['maxRunning', 'maxWorkspaces', 'maxDiskMiB'] as const;

/** What the team and each of its members may use. */
export function QuotaSection({ team, mayChange }: { team: Team; mayChange: boolean }) {
    const texts = messages.teams;
    const client = useQueryClient();
    const [quota, setQuota] = useState(team.spec.quota);
    const [memberQuota, setMemberQuota] = useState(team.spec.memberQuota);
    const { mutate, isPending, error } = useMutation({
        mutationFn: () => api.updateTeam({ params: { team: team.metadata.name }, body: { quota, memberQuota } }),
        meta: { inline: true },
        onSuccess: (changed) => {
            putIntoList(client, keys.teams, changed);
            showDone(messages.common.saved);
        },
    });
    const changed = JSON.stringify([quota, memberQuota]) !== JSON.stringify([team.spec.quota, team.spec.memberQuota]);
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    return (
        <Section title={texts.quotaTitle} hint={texts.quotaHint}>
            <form onSubmit={submit} className={classes['quota']}>
                <QuotaFields title={texts.forTeam} quota={quota} mayChange={mayChange} onChange={setQuota} />
                <QuotaFields title={texts.forMember} quota={memberQuota} mayChange={mayChange} onChange={setMemberQuota} />
                <FailureAlert error={error} />
                {mayChange && (
                    <Group>
                        <Button type="submit" loading={isPending} disabled={!changed}>
                            {texts.saveQuota}
                        </Button>
                    </Group>
                )}
            </form>
        </Section>
    );
}

interface QuotaFieldsProps {
    title: string;
    quota: Quota;
    mayChange: boolean;
    onChange: (quota: Quota) => void;
}

function QuotaFields({ title, quota, mayChange, onChange }: QuotaFieldsProps) {
    const texts = messages.teams;
    const labels = { maxRunning: texts.maxRunning, maxWorkspaces: texts.maxWorkspaces, maxDiskMiB: texts.maxDisk };
    const change = (field: (typeof FIELDS)[number], value: number | string) => {
        const { [field]: _before, ...rest } = quota;
        onChange(typeof value === 'number' ? { ...rest, [field]: value } : rest);
    };
    return (
        <fieldset className={classes['group']}>
            <legend>{title}</legend>
            {FIELDS.map((field) => (
                <NumberInput
                    key={field}
                    label={labels[field]}
                    placeholder={texts.noLimit}
                    min={0}
                    allowDecimal={false}
                    thousandSeparator=" "
                    hideControls
                    readOnly={!mayChange}
                    value={quota[field] ?? ''}
                    onChange={(value) => change(field, value)}
                />
            ))}
        </fieldset>
    );
}
