import { Button } from '@mantine/core';
import { IconUsersGroup } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { teamsQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Page } from '../../components/page.tsx';
import { Waiting } from '../../components/waiting.tsx';
import { messages } from '../../messages.ts';
import { MembersSection } from './members-section.tsx';
import { PoolsSection } from './pools-section.tsx';
import { PublicPortsSection } from './public-ports-section.tsx';
import { QuotaSection } from './quota-section.tsx';

/** A team: its people, what it may use, what waits for it. */
export default function TeamPage() {
    const texts = messages.teams;
    const { team: name = '' } = useParams();
    const { user, teams: mine } = useSession();
    const teams = useQuery(teamsQuery);
    const back = <Link to="/teams">{texts.title}</Link>;
    if (teams.data === undefined) {
        return teams.isError ? (
            <Page title={name} back={back} narrow>
                <FailureAlert error={teams.error} title={messages.common.loadFailed(name)} onRetry={() => void teams.refetch()} />
            </Page>
        ) : (
            <Waiting />
        );
    }
    const team = teams.data.items.find(({ metadata }) => metadata.name === name);
    if (team === undefined) {
        return (
            <Page title={name} back={back} narrow>
                <EmptyState icon={<IconUsersGroup size={28} />} title={texts.missing.title} text={texts.missing.text}>
                    <Button component={Link} to="/teams" variant="default">
                        {texts.title}
                    </Button>
                </EmptyState>
            </Page>
        );
    }
    const leads = user.admin || mine.some((each) => each.name === name && each.role === 'lead');
    return (
        <Page title={team.spec.displayName} back={back} narrow>
            <MembersSection team={team} mayChange={leads} />
            <QuotaSection key={team.metadata.generation} team={team} mayChange={leads} />
            <PoolsSection team={team} mayChange={leads} />
            <PublicPortsSection team={team} mayChange={user.admin} />
        </Page>
    );
}
