import { Button } from '@mantine/core';
import { IconFileDiff, IconGitBranch, IconUser } from '@tabler/icons-react';
import type { Workspace } from '@tandem/protocol';
import { memo } from 'react';
import { Link } from 'react-router';
import { RelativeTime } from '../../components/relative-time.tsx';
import { repositoryLabel } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import { continueAddress } from '../../workspaces/continue-address.ts';
import { StateIcon, StateWord } from '../../workspaces/state-mark.tsx';
import { lastActivity, sentence, shownState } from '../../workspaces/workspace-facts.ts';
import { WorkspaceMenu } from '../../workspaces/workspace-menu.tsx';
import classes from './workspace-row.module.css';

interface WorkspaceRowProps {
    workspace: Workspace;
    /** Name of the owner, where others' workspaces are listed too. */
    owner: string | undefined;
    /** Where the person most likely goes on. */
    first: boolean;
}

/** One workspace: what goes on in it, and one click to continue. */
export const WorkspaceRow = memo(function WorkspaceRow({ workspace, owner, first }: WorkspaceRowProps) {
    const texts = messages.workspaces;
    const { spec, status } = workspace;
    const shown = shownState(workspace);
    const { href, leaves } = continueAddress(workspace);
    const failed = status.state === 'failed' || status.state === 'needs-attention';
    const label = leaves ? (first ? texts.continue : texts.open) : failed ? texts.showFailure : texts.showProgress;
    const says = sentence(workspace);
    const about = spec.source ? repositoryLabel(spec.source.url) : texts.emptyProject;
    return (
        <div className={classes['row']} data-failed={failed || undefined}>
            <span className={classes['icon']}>
                <StateIcon state={shown.state} moving={shown.moving} />
            </span>
            <div className={classes['main']}>
                <div className={classes['head']}>
                    {leaves ? (
                        <a href={href} className={classes['name']}>
                            {spec.displayName}
                        </a>
                    ) : (
                        <Link to={href} className={classes['name'] as string}>
                            {spec.displayName}
                        </Link>
                    )}
                    {about !== spec.displayName && (
                        <span className={classes['repository']} data-none={spec.source === undefined || undefined}>
                            {about}
                        </span>
                    )}
                </div>
                <div className={classes['facts']}>
                    <StateWord state={shown.state} text={shown.word} />
                    {status.branch && (
                        <span className={classes['fact']} title={texts.branch(status.branch)}>
                            <IconGitBranch size={14} aria-hidden />
                            <span className={classes['branch']}>{status.branch}</span>
                        </span>
                    )}
                    {(status.uncommittedFiles ?? 0) > 0 && (
                        <span className={classes['fact']}>
                            <IconFileDiff size={14} aria-hidden />
                            {texts.uncommitted(status.uncommittedFiles ?? 0)}
                        </span>
                    )}
                    {owner && (
                        <span className={classes['fact']} title={texts.ownedBy(owner)}>
                            <IconUser size={14} aria-hidden />
                            {owner}
                        </span>
                    )}
                    {says && <span className={classes['sentence']}>{says}</span>}
                </div>
            </div>
            <span className={classes['when']}>
                <RelativeTime at={lastActivity(workspace)} />
            </span>
            <div className={classes['actions']}>
                {leaves ? (
                    <Button component="a" href={href} variant={first ? 'filled' : 'default'} tabIndex={-1} aria-hidden>
                        {label}
                    </Button>
                ) : (
                    <Button component={Link} to={href} variant="default" tabIndex={-1} aria-hidden>
                        {label}
                    </Button>
                )}
                <WorkspaceMenu workspace={workspace} />
            </div>
        </div>
    );
});
