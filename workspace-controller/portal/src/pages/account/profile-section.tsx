import { Button, TextInput } from '@mantine/core';
import type { User } from '@tandem/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { failureAt } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { meQuery } from '../../api/queries.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { Section } from '../../components/section.tsx';
import { showDone } from '../../components/toasts.tsx';
import { messages } from '../../messages.ts';
import classes from './form.module.css';

/** Who I am, to people and to git. */
export function ProfileSection() {
    const texts = messages.account.profile;
    const me = useQuery(meQuery);
    return (
        <Section id="profile" title={texts.title}>
            {me.data ? (
                <ProfileForm key={me.data.metadata.resourceVersion} me={me.data} />
            ) : me.isError ? (
                <FailureAlert error={me.error} onRetry={() => void me.refetch()} />
            ) : (
                <ListSkeleton rows={3} height={70} />
            )}
        </Section>
    );
}

function ProfileForm({ me }: { me: User }) {
    const texts = messages.account.profile;
    const client = useQueryClient();
    const { spec } = me;
    const before = {
        displayName: spec.displayName,
        email: spec.email,
        gitName: spec.git?.name ?? spec.displayName,
        gitEmail: spec.git?.email ?? spec.email,
    };
    const [draft, setDraft] = useState(before);
    const { mutate, isPending, error } = useMutation({
        mutationFn: () =>
            api.updateMe({
                body: {
                    displayName: draft.displayName.trim(),
                    ...(draft.email === spec.email ? {} : { email: draft.email.trim() }),
                    git: { name: draft.gitName.trim(), email: draft.gitEmail.trim() },
                },
            }),
        meta: { inline: true },
        onSuccess: (user) => {
            client.setQueryData(keys.me, user);
            void client.invalidateQueries({ queryKey: keys.session });
            showDone(messages.common.saved);
        },
    });
    const field = (name: keyof typeof before, pointer: string) => ({
        value: draft[name],
        error: failureAt(error, pointer),
        onChange: (event: { currentTarget: { value: string } }) => setDraft((now) => ({ ...now, [name]: event.currentTarget.value })),
    });
    const changed = JSON.stringify(draft) !== JSON.stringify(before);
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    return (
        <form onSubmit={submit} className={classes['form']}>
            <div className={classes['pair']}>
                <TextInput
                    required
                    withAsterisk={false}
                    maxLength={80}
                    autoComplete="name"
                    label={texts.name}
                    {...field('displayName', '/displayName')}
                />
                <TextInput
                    type="email"
                    label={texts.email}
                    readOnly={!spec.admin}
                    description={spec.admin ? undefined : texts.emailFixed}
                    inputWrapperOrder={['label', 'input', 'description', 'error']}
                    {...field('email', '/email')}
                />
            </div>
            <div>
                <div className={classes['strong']}>{texts.gitTitle}</div>
                <div className={classes['dim']}>{texts.gitHint}</div>
            </div>
            <div className={classes['pair']}>
                <TextInput required withAsterisk={false} maxLength={80} label={texts.gitName} {...field('gitName', '/git/name')} />
                <TextInput required withAsterisk={false} type="email" label={texts.gitEmail} {...field('gitEmail', '/git/email')} />
            </div>
            <FailureAlert error={error} />
            <Button type="submit" loading={isPending} disabled={!changed}>
                {texts.save}
            </Button>
        </form>
    );
}
