import { Button, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import type { ResponseOf } from '@tandem/protocol';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { failureAt, failureOf } from '../../api/failure.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { requestSecret } from '../../api/request-secret.ts';
import { showFailure } from '../../components/toasts.tsx';
import { messages } from '../../messages.ts';
import { passkeysWork, registerPasskey } from '../../passkeys/passkeys.ts';
import { useEnter } from './use-enter.ts';
import classes from './gate.module.css';

/** The name, and how to sign in from now on. */
export function JoinForm({ token, invitation }: { token: string; invitation: ResponseOf<'getInvitation'> }) {
    const texts = messages.signIn.invitation;
    const enter = useEnter();
    const [displayName, setDisplayName] = useState(invitation.displayName);
    const [password, setPassword] = useState('');
    const [way, setWay] = useState<'passkey' | 'password'>(passkeysWork() ? 'passkey' : 'password');
    const { mutate, isPending, error } = useMutation({
        mutationFn: () =>
            api.acceptInvitation({
                params: { id: token },
                body: { displayName: displayName.trim(), ...(way === 'password' ? { password } : {}) },
            }),
        meta: { inline: true },
        onSuccess: async (session) => {
            requestSecret.set(session.requestSecret);
            if (way === 'password') {
                enter(session, '/');
                return;
            }
            try {
                await registerPasskey();
                enter({ ...session, hasCredential: true }, '/');
            } catch (cause) {
                // The account is there: what is missing can be added from inside.
                showFailure(new Error(`${texts.passkeyLater} ${failureOf(cause).text}`));
                enter(session, '/account#sign-in');
            }
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        mutate();
    };
    const passwordError = failureAt(error, '/password');
    return (
        <form onSubmit={submit} className={classes['content']} style={{ marginTop: 0 }}>
            <TextInput readOnly type="email" autoComplete="username" label={messages.signIn.email} value={invitation.email} />
            <TextInput
                required
                autoFocus
                withAsterisk={false}
                maxLength={80}
                autoComplete="name"
                label={texts.yourName}
                value={displayName}
                onChange={(event) => setDisplayName(event.currentTarget.value)}
            />
            {passkeysWork() && (
                <SegmentedControl
                    fullWidth
                    aria-label={texts.way}
                    value={way}
                    data={[
                        { value: 'passkey', label: texts.withPasskey },
                        { value: 'password', label: texts.withPassword },
                    ]}
                    onChange={(next) => setWay(next as typeof way)}
                />
            )}
            {way === 'password' ? (
                <PasswordInput
                    required
                    withAsterisk={false}
                    minLength={10}
                    autoComplete="new-password"
                    label={texts.choose}
                    description={texts.passwordHint}
                    value={password}
                    error={passwordError}
                    onChange={(event) => setPassword(event.currentTarget.value)}
                />
            ) : (
                <div style={{ color: 'var(--t-dim)' }}>{texts.passkeyHint}</div>
            )}
            {passwordError === undefined && <FailureAlert error={error} />}
            <Button type="submit" size="sm" fullWidth loading={isPending} disabled={displayName.trim() === ''}>
                {texts.submit}
            </Button>
        </form>
    );
}
