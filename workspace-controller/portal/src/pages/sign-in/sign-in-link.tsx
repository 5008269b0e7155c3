import { Button, Loader } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { Gate } from './gate.tsx';
import { useEnter } from './use-enter.ts';

/**
 * Redeems a one-time link. By a POST of this page, so that what only looks at links (chat previews, mail scanners) does not
 * use it up.
 */
export function SignInLink({ token, to }: { token: string; to: string }) {
    const texts = messages.signIn.link;
    const enter = useEnter();
    const begun = useRef(false);
    const { mutate, error } = useMutation({
        mutationFn: () => api.signInWithLink({ body: { token } }),
        meta: { inline: true },
        onSuccess: (session) => enter(session, to),
    });
    useEffect(() => {
        if (!begun.current) {
            begun.current = true;
            mutate();
        }
    }, [mutate]);
    if (error !== null) {
        return (
            <Gate title={texts.failed} intro={texts.next}>
                <FailureAlert error={error} />
                <Button component={Link} to="/sign-in" variant="default" size="sm">
                    {texts.other}
                </Button>
            </Gate>
        );
    }
    return (
        <Gate title={texts.title}>
            <Loader size="sm" aria-label={messages.common.loading} />
        </Gate>
    );
}
