import { Button } from '@mantine/core';
import { IconTemplate } from '@tabler/icons-react';
import type { WorkspaceTemplate } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { templatesQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { FilterField } from '../../components/filter-field.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { Page } from '../../components/page.tsx';
import { useSearchParam } from '../../components/use-search-param.ts';
import { VirtualList } from '../../components/virtual-list.tsx';
import { matches } from '../../logic/matches.ts';
import { messages } from '../../messages.ts';
import { TemplateRow } from './template-row.tsx';

export default function TemplatesPage() {
    const texts = messages.templates;
    const { admin } = useSession().user;
    const templates = useQuery(templatesQuery);
    const [filter, setFilter] = useSearchParam('q');
    const create = admin && (
        <Button component={Link} to="/templates/new">
            {texts.create}
        </Button>
    );
    const all = templates.data?.items ?? [];
    const visible = all
        .filter(({ metadata, spec }) => matches(filter, [metadata.name, spec.displayName, spec.description, spec.source?.url]))
        .toSorted((a, b) => a.spec.displayName.localeCompare(b.spec.displayName));
    return (
        <Page title={texts.title} actions={create}>
            {(all.length > 5 || filter !== '') && (
                <div style={{ marginBottom: 8, maxWidth: 360 }}>
                    <FilterField value={filter} onChange={setFilter} placeholder={texts.filterPlaceholder} />
                </div>
            )}
            {templates.data === undefined ? (
                templates.isError ? (
                    <FailureAlert
                        error={templates.error}
                        title={messages.common.loadFailed(texts.title)}
                        onRetry={() => void templates.refetch()}
                    />
                ) : (
                    <ListSkeleton rows={3} height={86} />
                )
            ) : visible.length === 0 ? (
                <EmptyState
                    icon={<IconTemplate size={28} />}
                    title={filter === '' ? texts.none.title : messages.common.nothingMatches(filter)}
                    text={filter === '' ? texts.none.text : ''}
                >
                    {filter === '' && create}
                </EmptyState>
            ) : (
                <VirtualList items={visible} keyOf={(each: WorkspaceTemplate) => each.metadata.uid} rowHeight={86} label={texts.listLabel}>
                    {(template) => <TemplateRow template={template} />}
                </VirtualList>
            )}
        </Page>
    );
}
