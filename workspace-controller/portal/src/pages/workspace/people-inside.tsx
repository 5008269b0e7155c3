import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { AccessGrant, Workspace } from '@tandem/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { grantsQuery, usersQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { PersonMark } from '../../components/person-mark.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Section } from '../../components/section.tsx';
import { showDone } from '../../components/toasts.tsx';
import { useSearchParam } from '../../components/use-search-param.ts';
import { messages } from '../../messages.ts';
import { ShareWorkspaceDialog } from './share-workspace-dialog.tsx';
import { teamOf } from '../../workspaces/workspace-facts.ts';
import classes from '../../components/rows.module.css';

/** Who else can come in, and taking that back. */
export function PeopleInside({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const client = useQueryClient();
    const { user } = useSession();
    const grants = useQuery(grantsQuery);
    const users = useQuery(usersQuery);
    const nameOf = (name: string) => users.data?.items.find((each) => each.metadata.name === name)?.spec.displayName ?? name;
    const revoke = useMutation({
        mutationFn: (grant: AccessGrant) => api.revokeGrant({ params: { team: teamOf(workspace), name: grant.metadata.name } }),
        onSuccess: (_nothing, grant) => {
            showDone(texts.revoked(nameOf(grant.spec.subject)));
            void client.invalidateQueries({ queryKey: keys.grants });
        },
    });
    const mayShare = user.admin || user.name === workspace.spec.owner;
    const active = grants.data?.items.filter(
        ({ spec, status, metadata }) =>
            spec.workspaceRef === workspace.metadata.name &&
            metadata.namespace === workspace.metadata.namespace &&
            spec.subject !== workspace.spec.owner &&
            !spec.revoked &&
            status.state === 'active',
    );
    const [asked, setAsked] = useSearchParam('share');
    const share = () =>
        modals.open({
            title: messages.workspaces.share.title(workspace.spec.displayName),
            size: 440,
            children: <ShareWorkspaceDialog workspace={workspace} inside={active ?? []} />,
        });
    const opensItself = asked !== '' && mayShare && active !== undefined;
    useEffect(() => {
        // Whoever comes from the IDE to share has asked for it already.
        if (opensItself) {
            setAsked('');
            share();
        }
    });
    if (active === undefined) {
        return null;
    }
    return (
        <Section
            title={texts.people}
            actions={
                mayShare && (
                    <Button variant="default" onClick={share}>
                        {messages.workspaces.share.open}
                    </Button>
                )
            }
        >
            {active.length === 0 ? (
                <p className={classes['none']}>{texts.noPeople}</p>
            ) : (
                <ul className={classes['rows']}>
                    {active.map((grant) => (
                        <li key={grant.metadata.uid} className={classes['row']}>
                            <PersonMark name={nameOf(grant.spec.subject)} />
                            <span className={classes['grow']}>{nameOf(grant.spec.subject)}</span>
                            <span className={classes['dim']}>
                                {messages.roles[grant.spec.role]} {grant.spec.run && texts.fullAccess}
                                {grant.spec.expiresAt && (
                                    <>
                                        {' · '}
                                        <RelativeTime at={grant.spec.expiresAt} />
                                    </>
                                )}
                            </span>
                            {(mayShare || grant.spec.subject === user.name) && (
                                <Button
                                    variant="default"
                                    aria-label={texts.revoke(nameOf(grant.spec.subject))}
                                    onClick={() => revoke.mutate(grant)}
                                >
                                    {texts.revokeShort}
                                </Button>
                            )}
                        </li>
                    ))}
                </ul>
            )}
        </Section>
    );
}
