import { Button } from '@mantine/core';
import { IconDownload, IconListSearch, IconRefresh, IconShieldCheck } from '@tabler/icons-react';
import type { AuditEntry } from '@tandem/protocol';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { auditQuery, usersQuery } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { Page } from '../../components/page.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { messages } from '../../messages.ts';
import { AuditFilterBar } from './audit-filter-bar.tsx';
import { queryOf, readAuditSearch } from './audit-search.ts';
import { AuditRow } from './audit-row.tsx';
import { useVerifyAudit } from './use-verify-audit.ts';
import { AuditVerdict } from './audit-verdict.tsx';

const keyOf = (entry: AuditEntry): string => String(entry.sequence);

/** Who did what. The filters are in the address, so that a finding can be sent to somebody. */
export default function AuditPage() {
    const texts = messages.audit;
    const [search] = useSearchParams();
    const filters = useMemo(() => queryOf(readAuditSearch(search)), [search]);
    const log = useInfiniteQuery(auditQuery(filters));
    const users = useQuery(usersQuery);
    const verify = useVerifyAudit();
    const names = useMemo(
        () => new Map((users.data?.items ?? []).map((user) => [user.metadata.name, user.spec.displayName])),
        [users.data],
    );
    const entries = useMemo(() => log.data?.pages.flatMap((page) => page.items) ?? [], [log.data]);
    const { hasNextPage, isFetchingNextPage, fetchNextPage } = log;
    const more = useCallback(() => {
        if (hasNextPage && !isFetchingNextPage) {
            void fetchNextPage();
        }
    }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
    return (
        <Page
            title={texts.title}
            intro={texts.intro}
            actions={
                <>
                    <Button
                        variant="default"
                        leftSection={<IconRefresh size={16} />}
                        loading={log.isRefetching}
                        onClick={() => void log.refetch()}
                    >
                        {texts.newer}
                    </Button>
                    <Button
                        variant="default"
                        leftSection={<IconShieldCheck size={16} />}
                        loading={verify.isPending}
                        onClick={() => verify.mutate()}
                    >
                        {texts.verify}
                    </Button>
                    <Button
                        component="a"
                        variant="default"
                        href="/api/v1/audit/export"
                        download="tandem-audit.jsonl"
                        leftSection={<IconDownload size={16} />}
                    >
                        {texts.export}
                    </Button>
                </>
            }
        >
            <AuditVerdict verdict={verify.data} />
            <AuditFilterBar people={users.data?.items ?? []} />
            {log.data === undefined ? (
                log.isError ? (
                    <FailureAlert error={log.error} title={messages.common.loadFailed(texts.title)} onRetry={() => void log.refetch()} />
                ) : (
                    <ListSkeleton rows={10} height={45} />
                )
            ) : entries.length === 0 ? (
                <EmptyState
                    icon={<IconListSearch size={28} />}
                    title={Object.keys(filters).length > 0 ? messages.common.nothingMatchesFilters : texts.none.title}
                    text={Object.keys(filters).length > 0 ? '' : texts.none.text}
                />
            ) : (
                <>
                    <VirtualList items={entries} keyOf={keyOf} rowHeight={37} label={texts.listLabel} onEnd={more}>
                        {(entry) => <AuditRow entry={entry} actor={names.get(entry.actor) ?? entry.actor} />}
                    </VirtualList>
                    {log.isFetchNextPageError && <FailureAlert error={log.error} onRetry={() => void fetchNextPage()} />}
                </>
            )}
        </Page>
    );
}
