import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Workspace } from '@tandem/protocol';
import { CopyButton } from '../../components/copy-button.tsx';
import { messages } from '../../messages.ts';
import { useWorkspaceActions } from '../../workspaces/use-workspace-actions.tsx';
import { NextStep } from './next-step.tsx';
import classes from './failure-reason.module.css';

/** Why it failed, the code to copy, and what to do. */
export function FailureReason({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const { retry } = useWorkspaceActions();
    const { state, reason = '', reasonCode } = workspace.status;
    const title = state === 'failed' ? texts.failedTitle : texts.attentionTitle;
    return (
        <div role="alert" className={classes['reason']} data-state={state}>
            <IconAlertTriangle size={18} aria-hidden className={classes['icon']} />
            <div className={classes['body']}>
                <div className={classes['title']}>{title}</div>
                <div className={classes['text']}>{reason}</div>
                <div className={classes['foot']}>
                    <Button loading={retry.isPending} onClick={() => retry.mutate(workspace)}>
                        {texts.retry}
                    </Button>
                    <NextStep workspace={workspace} />
                    {reasonCode && (
                        <span className={classes['code']}>
                            <code>{reasonCode}</code>
                            <CopyButton
                                value={`${title}\n${reason}\n${reasonCode} · ${workspace.metadata.name}`}
                                what={messages.common.copyError}
                                bare
                            />
                        </span>
                    )}
                </div>
            </div>
        </div>
    );
}
