import { Button } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { invitationsQuery, teamsQuery, usersQuery } from '../../api/queries.ts';
import { confirm } from '../../components/confirm.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Section } from '../../components/section.tsx';
import rows from '../../components/rows.module.css';
import classes from '../../components/table-like.module.css';
import { messages } from '../../messages.ts';

/** Invitations that nobody has accepted yet. Takes no room while there are none. */
export function OpenInvitations() {
    const texts = messages.people;
    const client = useQueryClient();
    const { data } = useQuery(invitationsQuery);
    const users = useQuery(usersQuery);
    const teams = useQuery(teamsQuery);
    const withdraw = useMutation({
        mutationFn: (id: string) => api.revokeInvitation({ params: { id } }),
        onSettled: () => client.invalidateQueries({ queryKey: keys.invitations }),
    });
    if (data === undefined || data.items.length === 0) {
        return null;
    }
    const person = (name: string) => users.data?.items.find((user) => user.metadata.name === name)?.spec.displayName ?? name;
    const teamName = (name: string) => teams.data?.items.find((team) => team.metadata.name === name)?.spec.displayName ?? name;
    return (
        <div style={{ marginBottom: 28 }}>
            <Section title={texts.invitations}>
                <ul className={rows['rows']}>
                    {data.items.map((invitation) => (
                        <li key={invitation.id} className={classes['row']}>
                            <IconMail size={18} aria-hidden color="var(--t-dim)" />
                            <div style={{ minWidth: 0 }}>
                                <div className={classes['title']}>{invitation.displayName || invitation.email}</div>
                                <div className={classes['sub']}>
                                    {invitation.displayName && `${invitation.email} · `}
                                    {texts.invitedBy(person(invitation.invitedBy))} · {texts.expires}{' '}
                                    <RelativeTime at={invitation.expiresAt} />
                                </div>
                            </div>
                            <div className={classes['facts']}>
                                {invitation.admin && (
                                    <span className={classes['tag']} data-strong>
                                        {messages.roles.admin}
                                    </span>
                                )}
                                {invitation.team && (
                                    <span className={classes['tag']}>
                                        {teamName(invitation.team)}
                                        {invitation.role === 'lead' && ` · ${messages.roles.lead}`}
                                    </span>
                                )}
                            </div>
                            <div className={classes['actions']}>
                                <Button
                                    variant="default"
                                    aria-label={texts.withdrawNamed(invitation.email)}
                                    onClick={() =>
                                        confirm({
                                            title: texts.withdrawTitle(invitation.email),
                                            text: texts.withdrawText,
                                            action: texts.withdrawAction,
                                            onConfirm: () => withdraw.mutate(invitation.id),
                                        })
                                    }
                                >
                                    {texts.withdraw}
                                </Button>
                            </div>
                        </li>
                    ))}
                </ul>
            </Section>
        </div>
    );
}
