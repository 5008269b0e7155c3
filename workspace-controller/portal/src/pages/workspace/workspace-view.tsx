import { Button } from '@mantine/core';
import type { Workspace } from '@tandem/protocol';
import type { ReactNode } from 'react';
import { Page } from '../../components/page.tsx';
import { messages } from '../../messages.ts';
import { continueAddress } from '../../workspaces/continue-address.ts';
import { StateIcon, StateWord } from '../../workspaces/state-mark.tsx';
import { shownState } from '../../workspaces/workspace-facts.ts';
import { useWorkspaceActions } from '../../workspaces/use-workspace-actions.tsx';
import { WorkspaceMenu } from '../../workspaces/workspace-menu.tsx';
import { FailureReason } from './failure-reason.tsx';
import { LogDisclosure } from './log-disclosure.tsx';
import { PeopleInside } from './people-inside.tsx';
import { PortsSection } from './ports-section.tsx';
import { StageList } from './stage-list.tsx';
import { useOpensItself } from './use-opens-itself.ts';
import { WorkspaceDetails } from './workspace-details.tsx';
import classes from './workspace-view.module.css';

export function WorkspaceView({ workspace, back }: { workspace: Workspace; back: ReactNode }) {
    const texts = messages.workspaces;
    const { status, spec } = workspace;
    const { cancel } = useWorkspaceActions();
    const shown = shownState(workspace);
    const { href, leaves } = continueAddress(workspace);
    const opensItself = useOpensItself(workspace);
    const failed = status.state === 'failed' || status.state === 'needs-attention';
    const coming = !status.prepared || status.state === 'queued' || opensItself;
    return (
        <Page
            title={spec.displayName}
            back={back}
            narrow
            intro={
                <span className={classes['state']} role="status">
                    <StateIcon state={shown.state} moving={shown.moving} size={16} />
                    <StateWord state={shown.state} text={shown.word} />
                    {opensItself && <span>{status.state === 'running' ? texts.page.ready : texts.page.opensByItself}</span>}
                </span>
            }
            actions={
                <>
                    {status.state === 'preparing' && !status.prepared && (
                        <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(workspace)}>
                            {texts.page.cancel}
                        </Button>
                    )}
                    {leaves && (
                        <Button component="a" href={href}>
                            {texts.open}
                        </Button>
                    )}
                    <WorkspaceMenu workspace={workspace} onPage />
                </>
            }
        >
            {failed && <FailureReason workspace={workspace} />}
            {coming && <StageList workspace={workspace} />}
            {!coming && <WorkspaceDetails workspace={workspace} />}
            {!coming && status.state === 'running' && <PortsSection workspace={workspace} />}
            {!coming && <PeopleInside workspace={workspace} />}
            <LogDisclosure workspace={workspace} />
        </Page>
    );
}
