import { Button } from '@mantine/core';
import { IconCheck, IconFingerprint } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { keys } from '../../api/keys.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Section } from '../../components/section.tsx';
import { messages } from '../../messages.ts';
import { passkeysWork, registerPasskey } from '../../passkeys/passkeys.ts';
import { PasskeyList } from './passkey-list.tsx';
import { PasswordFields } from './password-fields.tsx';
import classes from './form.module.css';

/** How I come in: passkeys and password. */
export function SignInSection() {
    const texts = messages.account.signIn;
    const client = useQueryClient();
    const { mutate, isPending, isSuccess, error } = useMutation({
        mutationFn: registerPasskey,
        meta: { inline: true },
        onSuccess: () =>
            Promise.all([client.invalidateQueries({ queryKey: keys.session }), client.invalidateQueries({ queryKey: keys.passkeys })]),
    });
    return (
        <Section id="sign-in" title={texts.title}>
            <div className={classes['form']}>
                <div className={classes['row']}>
                    <div>
                        <div className={classes['strong']}>{texts.passkeyTitle}</div>
                        <div className={classes['dim']}>{passkeysWork() ? texts.passkeyHint : messages.signIn.passkeyUnsupported}</div>
                    </div>
                    {passkeysWork() && (
                        <Button variant="default" leftSection={<IconFingerprint size={16} />} loading={isPending} onClick={() => mutate()}>
                            {texts.addPasskey}
                        </Button>
                    )}
                </div>
                <PasskeyList />
                <div role="status">
                    {isSuccess && (
                        <span className={classes['done']}>
                            <IconCheck size={16} aria-hidden />
                            {texts.passkeyAdded}
                        </span>
                    )}
                </div>
                <FailureAlert error={error} />
                <PasswordFields />
            </div>
        </Section>
    );
}
