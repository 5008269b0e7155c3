import { Button } from '@mantine/core';
import { IconLogin2 } from '@tabler/icons-react';
import { ERROR_CODES, LINK_TOKEN_FRAGMENT, type ErrorCode } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate, useLocation, useSearchParams } from 'react-router';
import { sessionQuery, signInOptionsQuery } from '../../api/queries.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Waiting } from '../../components/waiting.tsx';
import { messages } from '../../messages.ts';
import { passkeysWork } from '../../passkeys/passkeys.ts';
import { Gate } from './gate.tsx';
import { PasskeyButton } from './passkey-button.tsx';
import { PasswordForm } from './password-form.tsx';
import { returnAddress } from './return-address.ts';
import { SignInLink } from './sign-in-link.tsx';
import { fragmentToken } from './fragment-token.ts';
import classes from './gate.module.css';

/** All ways to sign in that are set up. With a token in the fragment: signs in with that. */
export default function SignInPage() {
    const texts = messages.signIn;
    const [search] = useSearchParams();
    const { hash } = useLocation();
    const session = useQuery(sessionQuery);
    const options = useQuery(signInOptionsQuery);
    const [other, setOther] = useState(false);
    const to = returnAddress(search.get('return'));
    const token = fragmentToken(hash, LINK_TOKEN_FRAGMENT);
    if (token !== undefined) {
        return <SignInLink token={token} to={to} />;
    }
    if (session.data) {
        return <Navigate to={to} replace />;
    }
    if (options.data === undefined) {
        return options.isError ? (
            <Gate title={texts.title}>
                <FailureAlert error={options.error} onRetry={() => void options.refetch()} />
            </Gate>
        ) : (
            <Waiting />
        );
    }
    const { password, passkey, providers, awaitsFirstAdmin } = options.data;
    if (awaitsFirstAdmin && providers.length === 0 && !other) {
        return (
            <Gate title={texts.awaitsAdmin.title} intro={texts.awaitsAdmin.text}>
                <Button variant="default" size="sm" onClick={() => setOther(true)}>
                    {texts.link.other}
                </Button>
            </Gate>
        );
    }
    const failed = search.get('error');
    const others = providers.length > 0 || (passkey && passkeysWork());
    return (
        <Gate title={texts.title}>
            {failed !== null && <RefusedNote code={failed} detail={search.get('detail')} />}
            {others && (
                <div className={classes['stack']}>
                    {providers.map(({ id, name, url }) => (
                        <Button
                            key={id}
                            component="a"
                            href={withReturn(url, to)}
                            variant="default"
                            size="sm"
                            fullWidth
                            leftSection={<IconLogin2 size={16} aria-hidden />}
                        >
                            {texts.provider(name)}
                        </Button>
                    ))}
                    {passkey && passkeysWork() && <PasskeyButton to={to} />}
                </div>
            )}
            {others && password && <div className={classes['or']}>{texts.or}</div>}
            {password && <PasswordForm to={to} />}
            {!others && !password && <p>{texts.noWay}</p>}
        </Gate>
    );
}

/** Why a sign-in that left this page came back without one. */
function RefusedNote({ code, detail }: { code: string; detail: string | null }) {
    const known = Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : undefined;
    return (
        <div role="alert" className={classes['note']}>
            <strong>{messages.signIn.failed}</strong>
            <div>{detail ?? known?.title ?? code}</div>
        </div>
    );
}

function withReturn(url: string, to: string): string {
    const target = new URL(url, location.origin);
    if (to !== '/') {
        target.searchParams.set('return', to);
    }
    return target.href;
}
