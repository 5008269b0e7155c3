import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import type { Team, User } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { teamsQuery, usersQuery } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { FilterField } from '../../components/filter-field.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { Page } from '../../components/page.tsx';
import { useSearchParam } from '../../components/use-search-param.ts';
import { VirtualList } from '../../components/virtual-list.tsx';
import { matches } from '../../logic/matches.ts';
import { messages } from '../../messages.ts';
import { InviteDialog } from './invite-dialog.tsx';
import { OpenInvitations } from './open-invitations.tsx';
import { PersonRow } from './person-row.tsx';

const uidOf = (user: User): string => user.metadata.uid;

/** Who is here, and who was asked to come. */
export default function PeoplePage() {
    const texts = messages.people;
    const users = useQuery(usersQuery);
    const teams = useQuery(teamsQuery);
    const [filter, setFilter] = useSearchParam('q');
    const teamsOf = useMemo(() => teamsByMember(teams.data?.items ?? []), [teams.data]);
    const invite = () => modals.open({ title: texts.inviteTitle, children: <InviteDialog />, size: 480 });
    const all = users.data?.items ?? [];
    const visible = all
        .filter(({ metadata, spec }) =>
            matches(filter, [
                spec.displayName,
                spec.email,
                metadata.name,
                ...(teamsOf.get(metadata.name) ?? []).map((team) => team.spec.displayName),
            ]),
        )
        .toSorted((a, b) => Number(a.spec.disabled) - Number(b.spec.disabled) || a.spec.displayName.localeCompare(b.spec.displayName));
    return (
        <Page
            title={texts.title}
            actions={
                <Button leftSection={<IconUserPlus size={16} />} onClick={invite}>
                    {texts.invite}
                </Button>
            }
        >
            <OpenInvitations />
            {(all.length > 5 || filter !== '') && (
                <div style={{ marginBottom: 8, maxWidth: 360 }}>
                    <FilterField value={filter} onChange={setFilter} placeholder={texts.filterPlaceholder} />
                </div>
            )}
            {users.data === undefined ? (
                users.isError ? (
                    <FailureAlert
                        error={users.error}
                        title={messages.common.loadFailed(texts.title)}
                        onRetry={() => void users.refetch()}
                    />
                ) : (
                    <ListSkeleton height={57} />
                )
            ) : visible.length === 0 ? (
                <EmptyState icon={<IconUsers size={28} />} title={messages.common.nothingMatches(filter)} text="" />
            ) : (
                <VirtualList items={visible} keyOf={uidOf} rowHeight={57} label={texts.listLabel}>
                    {(user) => <PersonRow user={user} teams={teamsOf.get(user.metadata.name) ?? []} />}
                </VirtualList>
            )}
            {all.length === 1 && <p style={{ color: 'var(--t-dim)' }}>{texts.only}</p>}
        </Page>
    );
}

function teamsByMember(teams: readonly Team[]): ReadonlyMap<string, readonly Team[]> {
    const found = new Map<string, Team[]>();
    for (const team of teams) {
        for (const { user } of team.spec.members) {
            found.set(user, [...(found.get(user) ?? []), team]);
        }
    }
    return found;
}
