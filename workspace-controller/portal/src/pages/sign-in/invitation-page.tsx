import { Loader } from '@mantine/core';
import { LINK_TOKEN_FRAGMENT } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useLocation, useParams } from 'react-router';
import { api } from '../../api/client.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { messages } from '../../messages.ts';
import { fragmentToken } from './fragment-token.ts';
import { Gate } from './gate.tsx';
import { JoinForm } from './join-form.tsx';

/** `/invitation#token=…`: who invites to what, and the way in. */
export default function InvitationPage() {
    const texts = messages.signIn.invitation;
    const { id } = useParams();
    const { hash } = useLocation();
    const token = fragmentToken(hash, LINK_TOKEN_FRAGMENT) ?? id ?? '';
    const invitation = useQuery({
        queryKey: ['invitation', token],
        queryFn: ({ signal }) => api.getInvitation({ params: { id: token }, signal }),
        enabled: token !== '',
    });
    if (token === '') {
        return <Gate title={texts.failed} intro={messages.signIn.link.missing} />;
    }
    if (invitation.isError) {
        return (
            <Gate title={texts.failed} intro={texts.next}>
                <FailureAlert error={invitation.error} />
            </Gate>
        );
    }
    if (invitation.data === undefined) {
        return (
            <Gate title={texts.title}>
                <Loader size="sm" aria-label={messages.common.loading} />
            </Gate>
        );
    }
    const { invitedBy, team, role, admin, expiresAt } = invitation.data;
    return (
        <Gate
            title={texts.title}
            intro={
                <>
                    {texts.text(invitedBy)} {team && texts.team(team, messages.roles[role ?? 'developer'].toLowerCase())}{' '}
                    {admin && texts.admin} {texts.expires} <RelativeTime at={expiresAt} />.
                </>
            }
        >
            <JoinForm token={token} invitation={invitation.data} />
        </Gate>
    );
}
