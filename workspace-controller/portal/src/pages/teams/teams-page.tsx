import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconUsersGroup } from '@tabler/icons-react';
import type { Team } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { teamsQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { Page } from '../../components/page.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { messages } from '../../messages.ts';
import { CreateTeamDialog } from './create-team-dialog.tsx';
import classes from './teams-page.module.css';

export default function TeamsPage() {
    const texts = messages.teams;
    const { user, teams: mine } = useSession();
    const teams = useQuery(teamsQuery);
    const create = user.admin && (
        <Button onClick={() => modals.open({ title: texts.createTitle, children: <CreateTeamDialog />, size: 440 })}>{texts.create}</Button>
    );
    const all = (teams.data?.items ?? []).toSorted((a, b) => a.spec.displayName.localeCompare(b.spec.displayName));
    const none = user.admin ? texts.none : texts.noneMine;
    return (
        <Page title={texts.title} actions={create} narrow>
            {teams.data === undefined ? (
                teams.isError ? (
                    <FailureAlert
                        error={teams.error}
                        title={messages.common.loadFailed(texts.title)}
                        onRetry={() => void teams.refetch()}
                    />
                ) : (
                    <ListSkeleton height={61} rows={3} />
                )
            ) : all.length === 0 ? (
                <EmptyState icon={<IconUsersGroup size={28} />} title={none.title} text={none.text}>
                    {create}
                </EmptyState>
            ) : (
                <VirtualList items={all} keyOf={(team: Team) => team.metadata.uid} rowHeight={61} label={texts.listLabel}>
                    {({ metadata, spec }) => {
                        const role = mine.find(({ name }) => name === metadata.name)?.role;
                        return (
                            <div className={classes['row']}>
                                <Link to={`/teams/${encodeURIComponent(metadata.name)}`} className={classes['name'] as string}>
                                    {spec.displayName}
                                </Link>
                                <span className={classes['facts']}>
                                    {[texts.members(spec.members.length), role && texts.yourRole(messages.roles[role].toLowerCase())]
                                        .filter(Boolean)
                                        .join(' · ')}
                                </span>
                            </div>
                        );
                    }}
                </VirtualList>
            )}
        </Page>
    );
}
