import { Button } from '@mantine/core';
import { IconBoxOff } from '@tabler/icons-react';
import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Link, Navigate, useParams } from 'react-router';
import { workspacesQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Page } from '../../components/page.tsx';
import { Waiting } from '../../components/waiting.tsx';
import { messages } from '../../messages.ts';
import { WorkspaceView } from './workspace-view.tsx';

/** One workspace: how it comes to be, why it failed, or what it is. */
export default function WorkspacePage() {
    const { name = '' } = useParams();
    const { workspace, query } = useWorkspace(name);
    const wasDeleting = useRef(false);
    const texts = messages.workspaces;
    const back = <Link to="/">{texts.title}</Link>;
    if (workspace !== undefined) {
        wasDeleting.current = workspace.metadata.deletedAt !== undefined;
        return <WorkspaceView key={workspace.metadata.uid} workspace={workspace} back={back} />;
    }
    if (query.isError) {
        return (
            <Page title={name} back={back} narrow>
                <FailureAlert error={query.error} title={messages.common.loadFailed(name)} onRetry={() => void query.refetch()} />
            </Page>
        );
    }
    if (query.isPending) {
        return <Waiting />;
    }
    if (wasDeleting.current) {
        return <Navigate to="/" replace />;
    }
    return (
        <Page title={name} back={back} narrow>
            <EmptyState icon={<IconBoxOff size={28} />} title={texts.page.gone.title} text={texts.page.gone.text(name)}>
                <Button component={Link} to="/">
                    {messages.common.notFound.back}
                </Button>
            </EmptyState>
        </Page>
    );
}

/** Among mine, or among those I oversee. */
function useWorkspace(name: string) {
    const session = useSession();
    const overseesOthers = session.user.admin || session.teams.some((team) => team.role === 'lead');
    const mine = useQuery(workspacesQuery('mine'));
    const byName = (items: readonly Workspace[] | undefined) => items?.find((each) => each.metadata.name === name);
    const own = byName(mine.data?.items);
    const others = useQuery({ ...workspacesQuery('all'), enabled: overseesOthers && own === undefined && !mine.isPending });
    const query = overseesOthers && own === undefined && !mine.isPending ? others : mine;
    return { workspace: own ?? byName(others.data?.items), query };
}
