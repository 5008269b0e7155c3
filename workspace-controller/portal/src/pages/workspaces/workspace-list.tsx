import { Button } from '@mantine/core';
import { IconBox } from '@tabler/icons-react';
import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { WorkspaceScope } from '../../api/keys.ts';
import { usersQuery, workspacesQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { useSetSearch } from '../../components/use-search-param.ts';
import { VirtualList } from '../../components/virtual-list.tsx';
import { messages } from '../../messages.ts';
import { continueAddress } from '../../workspaces/continue-address.ts';
import { countStates, filterWorkspaces, readFilter } from '../../workspaces/filter-workspaces.ts';
import { useStableOrder } from '../../workspaces/use-stable-order.ts';
import { byActivity } from '../../workspaces/workspace-facts.ts';
import { ListTools } from './list-tools.tsx';
import { WorkspaceRow } from './workspace-row.tsx';

/** Fewer than this are seen at a glance. */
const TOOLS_FROM = 4;
const uidOf = (workspace: Workspace): string => workspace.metadata.uid;

export function WorkspaceList({ scope }: { scope: WorkspaceScope }) {
    const texts = messages.workspaces;
    const query = useQuery(workspacesQuery(scope));
    const owners = useOwners(scope === 'all');
    const me = useSession().user.name;
    const [search] = useSearchParams();
    const filter = useDeferredValue(useMemo(() => readFilter(search), [search]));
    const setSearch = useSetSearch();
    const all = useMemo(() => query.data?.items ?? [], [query.data]);
    const ordered = useStableOrder(all, uidOf, byActivity, scope);
    const visible = useMemo(() => filterWorkspaces(ordered, filter), [ordered, filter]);
    const counts = useMemo(() => countStates(all), [all]);
    const filtered = filter.text !== '' || filter.state !== undefined;

    if (query.data === undefined) {
        return query.isError ? (
            <FailureAlert error={query.error} title={messages.common.loadFailed(texts.title)} onRetry={() => void query.refetch()} />
        ) : (
            <ListSkeleton />
        );
    }
    if (all.length === 0) {
        const none = scope === 'all' ? texts.noneOfAll : texts.none;
        return <EmptyState icon={<IconBox size={28} />} title={none.title} text={none.text} />;
    }
    const first = filtered ? undefined : ordered.find((workspace) => continueAddress(workspace).leaves);
    return (
        <>
            {(all.length >= TOOLS_FROM || filtered) && <ListTools counts={counts} total={all.length} onChange={setSearch} />}
            {visible.length === 0 ? (
                <EmptyState
                    icon={<IconBox size={28} />}
                    title={filter.text === '' ? messages.common.nothingMatchesFilters : messages.common.nothingMatches(filter.text)}
                    text=""
                >
                    <Button variant="default" onClick={() => setSearch({ q: '', state: '' })}>
                        {messages.common.clearFilter}
                    </Button>
                </EmptyState>
            ) : (
                <VirtualList items={visible} keyOf={uidOf} rowHeight={67} label={texts.listLabel}>
                    {(workspace) => (
                        <WorkspaceRow
                            workspace={workspace}
                            first={workspace === first}
                            owner={workspace.spec.owner === me ? undefined : (owners.get(workspace.spec.owner) ?? workspace.spec.owner)}
                        />
                    )}
                </VirtualList>
            )}
        </>
    );
}

function useOwners(wanted: boolean): ReadonlyMap<string, string> {
    const { data } = useQuery({ ...usersQuery, enabled: wanted });
    return useMemo(() => new Map((data?.items ?? []).map((user) => [user.metadata.name, user.spec.displayName])), [data]);
}
