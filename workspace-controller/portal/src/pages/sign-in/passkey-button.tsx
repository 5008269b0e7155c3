import { Button } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { signInWithPasskey } from '../../passkeys/passkeys.ts';
import { useEnter } from './use-enter.ts';

export function PasskeyButton({ to }: { to: string }) {
    const enter = useEnter();
    const { mutate, isPending, error } = useMutation({
        mutationFn: signInWithPasskey,
        meta: { inline: true },
        onSuccess: (session) => enter(session, to),
    });
    return (
        <>
            <Button
                variant="default"
                size="sm"
                fullWidth
                leftSection={<IconFingerprint size={16} aria-hidden />}
                loading={isPending}
                onClick={() => mutate()}
            >
                {messages.signIn.passkey}
            </Button>
            <FailureAlert error={error} />
        </>
    );
}
