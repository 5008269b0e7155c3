import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { useEnter } from './use-enter.ts';
import classes from './gate.module.css';

export function PasswordForm({ to }: { to: string }) {
    const texts = messages.signIn;
    const enter = useEnter();
    const [email, setEmail] = useState('');
    const [password, setPassword] = useState('');
    const { mutate, isPending, error } = useMutation({
        mutationFn: () => api.signInWithPassword({ body: { email: email.trim(), password } }),
        meta: { inline: true },
        onSuccess: (session) => enter(session, to),
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    return (
        <form onSubmit={submit} className={classes['content']} style={{ marginTop: 0 }}>
            <TextInput
                required
                autoFocus
                type="email"
                autoComplete="username"
                label={texts.email}
                withAsterisk={false}
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
                required
                autoComplete="current-password"
                label={texts.password}
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <FailureAlert error={error} />
            <Button type="submit" size="sm" fullWidth loading={isPending}>
                {texts.submit}
            </Button>
        </form>
    );
}
