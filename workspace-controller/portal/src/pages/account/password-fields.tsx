import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { failureAt } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { useSession } from '../../app/session-context.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { showDone } from '../../components/toasts.tsx';
import { messages } from '../../messages.ts';
import classes from './form.module.css';

export function PasswordFields() {
    const texts = messages.account.signIn;
    const client = useQueryClient();
    const { user, hasCredential } = useSession();
    const [current, setCurrent] = useState('');
    const [password, setPassword] = useState('');
    const { mutate, isPending, error } = useMutation({
        mutationFn: () => api.setPassword({ body: { password, ...(current === '' ? {} : { current }) } }),
        meta: { inline: true },
        onSuccess: () => {
            setCurrent('');
            setPassword('');
            void client.invalidateQueries({ queryKey: keys.session });
            showDone(texts.passwordSet);
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    return (
        <form onSubmit={submit} className={classes['form']}>
            <input type="email" autoComplete="username" value={user.email} readOnly hidden />
            <div className={classes['strong']}>{texts.passwordTitle}</div>
            <div className={classes['pair']}>
                {hasCredential && (
                    <PasswordInput
                        autoComplete="current-password"
                        label={texts.current}
                        description={texts.currentHint}
                        value={current}
                        error={failureAt(error, '/current')}
                        onChange={(event) => setCurrent(event.currentTarget.value)}
                    />
                )}
                <PasswordInput
                    required
                    withAsterisk={false}
                    minLength={10}
                    autoComplete="new-password"
                    label={texts.next}
                    description={texts.nextHint}
                    value={password}
                    error={failureAt(error, '/password')}
                    onChange={(event) => setPassword(event.currentTarget.value)}
                />
            </div>
            <FailureAlert error={error} />
            <Button type="submit" loading={isPending} disabled={password.length < 10}>
                {texts.set}
            </Button>
        </form>
    );
}
