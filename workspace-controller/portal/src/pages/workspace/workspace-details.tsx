import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { templatesQuery, usersQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { messages } from '../../messages.ts';
import { lastActivity, sentence, teamOf } from '../../workspaces/workspace-facts.ts';
import classes from './workspace-details.module.css';

/** What a workspace is. */
export function WorkspaceDetails({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces;
    const { spec, status, metadata } = workspace;
    const session = useSession();
    const users = useQuery(usersQuery);
    const templates = useQuery(templatesQuery);
    const owner = users.data?.items.find((user) => user.metadata.name === spec.owner)?.spec.displayName ?? spec.owner;
    const template = templates.data?.items.find((each) => each.metadata.name === spec.templateRef)?.spec.displayName ?? spec.templateRef;
    const team = teamOf(workspace);
    const teamName = session.teams.find(({ name }) => name === team)?.displayName ?? team;
    const says = sentence(workspace);
    return (
        <dl className={classes['details']}>
            {says && <Detail term={texts.page.awake}>{says}</Detail>}
            <Detail term={texts.page.repository}>
                {spec.source ? (
                    <span className={classes['copyable']}>
                        <span className="mono">{spec.source.url}</span>
                        <CopyButton value={spec.source.url} what={texts.page.repository} />
                    </span>
                ) : (
                    texts.emptyProject
                )}
            </Detail>
            {status.branch && (
                <Detail term={texts.page.branch}>
                    <span className="mono">{status.branch}</span>
                </Detail>
            )}
            {status.uncommittedFiles !== undefined && (
                <Detail term={texts.page.changes}>{texts.uncommitted(status.uncommittedFiles)}</Detail>
            )}
            <Detail term={texts.lastActivity}>
                <RelativeTime at={lastActivity(workspace)} />
            </Detail>
            {spec.owner !== session.user.name && <Detail term={texts.page.owner}>{owner}</Detail>}
            <Detail term={texts.page.template}>{template}</Detail>
            <Detail term={texts.page.team}>
                <Link to={`/teams/${encodeURIComponent(team)}`}>{teamName}</Link>
            </Detail>
            <Detail term={texts.page.created}>
                <RelativeTime at={metadata.createdAt} />
            </Detail>
            <Detail term={texts.page.address}>
                <span className="mono">{metadata.name}</span>
            </Detail>
        </dl>
    );
}

function Detail({ term, children }: { term: string; children: ReactNode }) {
    return (
        <div className={classes['detail']}>
            <dt>{term}</dt>
            <dd>{children}</dd>
        </div>
    );
}
