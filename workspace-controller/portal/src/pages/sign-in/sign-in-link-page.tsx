import { Button } from '@mantine/core';
import { LINK_TOKEN_FRAGMENT } from '@tandem/protocol';
import { Link, useLocation, useSearchParams } from 'react-router';
import { messages } from '../../messages.ts';
import { fragmentToken } from './fragment-token.ts';
import { Gate } from './gate.tsx';
import { returnAddress } from './return-address.ts';
import { SignInLink } from './sign-in-link.tsx';

/** `/sign-in/link#token=…`, or `?token=…` from where fragments are lost. */
export default function SignInLinkPage() {
    const texts = messages.signIn.link;
    const [search] = useSearchParams();
    const { hash } = useLocation();
    const token = fragmentToken(hash, LINK_TOKEN_FRAGMENT) ?? search.get(LINK_TOKEN_FRAGMENT);
    if (token) {
        return <SignInLink token={token} to={returnAddress(search.get('return'))} />;
    }
    return (
        <Gate title={texts.failed} intro={texts.missing}>
            <Button component={Link} to="/sign-in" variant="default" size="sm">
                {texts.other}
            </Button>
        </Gate>
    );
}
