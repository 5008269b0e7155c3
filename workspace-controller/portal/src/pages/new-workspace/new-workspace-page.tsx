import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { Page } from '../../components/page.tsx';
import { Section } from '../../components/section.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { readGitAddress, repositoryLabel } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import { CreateWorkspace } from '../../workspaces/create/create-workspace.tsx';
import { useWorkspacesOf } from '../../workspaces/create/same-repository.tsx';
import { WorkspaceRow } from '../workspaces/workspace-row.tsx';

/** `/new?repo=…&ref=…&template=…`: what a link in a README leads to. Offers a workspace that is there already first. */
export default function NewWorkspacePage() {
    const texts = messages.workspaces.create;
    const [search] = useSearchParams();
    const initial = useMemo(
        () => ({ address: search.get('repo') ?? '', ref: search.get('ref') ?? '', template: search.get('template') ?? '' }),
        [search],
    );
    const known = useWorkspacesOf(readGitAddress(initial.address)?.url);
    const fields = <CreateWorkspace key={search.toString()} initial={initial} full />;
    return (
        <Page title={texts.pageTitle} back={<Link to="/">{messages.workspaces.title}</Link>} narrow>
            {known.length > 0 ? (
                <>
                    <Section title={texts.exists(known.length, repositoryLabel(initial.address))}>
                        <VirtualList items={known} keyOf={(each) => each.metadata.uid} rowHeight={67} label={texts.offers}>
                            {(workspace) => <WorkspaceRow workspace={workspace} owner={undefined} first={workspace === known[0]} />}
                        </VirtualList>
                    </Section>
                    <Section title={texts.another}>{fields}</Section>
                </>
            ) : (
                fields
            )}
        </Page>
    );
}
