import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { Team } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { usersQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { PersonMark } from '../../components/person-mark.tsx';
import { Section } from '../../components/section.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import classes from '../../components/table-like.module.css';
import { TEAM_ROLES_TEXT, type TeamRole } from '../../logic/team-roles.ts';
import { messages } from '../../messages.ts';
import { AddMember } from './add-member.tsx';
import { useMembers } from './use-members.ts';

export function MembersSection({ team, mayChange }: { team: Team; mayChange: boolean }) {
    const texts = messages.teams;
    const me = useSession().user.name;
    const users = useQuery(usersQuery);
    const { setRole, remove } = useMembers(team);
    const byName = new Map((users.data?.items ?? []).map((user) => [user.metadata.name, user]));
    const nameOf = (name: string) => byName.get(name)?.spec.displayName ?? name;
    const members = team.spec.members.toSorted(
        (a, b) => Number(b.role === 'lead') - Number(a.role === 'lead') || nameOf(a.user).localeCompare(nameOf(b.user)),
    );
    return (
        <Section title={texts.membersTitle} actions={mayChange && <AddMember team={team} users={users.data?.items ?? []} />}>
            {members.length > 0 && (
                <VirtualList items={members} keyOf={({ user }) => user} rowHeight={57} label={texts.membersTitle}>
                    {({ user, role }) => (
                        <div className={classes['row']}>
                            <PersonMark name={nameOf(user)} />
                            <div style={{ minWidth: 0 }}>
                                <div className={classes['title']}>{nameOf(user)}</div>
                                <div className={classes['sub']}>{byName.get(user)?.spec.email ?? user}</div>
                            </div>
                            <div className={classes['facts']}>
                                {user === me && <span className={classes['tag']}>{messages.people.you}</span>}
                                {mayChange ? (
                                    <Select
                                        size="xs"
                                        w={130}
                                        aria-label={texts.roleOf(nameOf(user))}
                                        data={TEAM_ROLES_TEXT}
                                        value={role}
                                        onChange={(next) => next !== null && next !== role && setRole(user, next as TeamRole)}
                                    />
                                ) : (
                                    messages.roles[role]
                                )}
                            </div>
                            <div className={classes['actions']}>
                                {mayChange && (
                                    <Tooltip label={texts.remove(nameOf(user))}>
                                        <ActionIcon
                                            size={30}
                                            aria-label={texts.remove(nameOf(user))}
                                            onClick={() => remove(user, role, nameOf(user))}
                                        >
                                            <IconX size={16} />
                                        </ActionIcon>
                                    </Tooltip>
                                )}
                            </div>
                        </div>
                    )}
                </VirtualList>
            )}
        </Section>
    );
}
