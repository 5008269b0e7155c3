import { ActionIcon, Menu } from '@mantine/core';
import { modals } from '@mantine/modals';
import {
    IconAlarm,
    IconDots,
    IconExternalLink,
    IconInfoCircle,
    IconMoon,
    IconPencil,
    IconPlayerPlay,
    IconTrash,
} from '@tabler/icons-react';
import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { templatesQuery } from '../api/queries.ts';
import { useSession } from '../app/session-context.ts';
import { minutesInWords } from '../logic/time.ts';
import { messages } from '../messages.ts';
import { continueAddress, workspacePath } from './continue-address.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import { useWorkspaceActions } from './use-workspace-actions.tsx';

const KEEP_AWAKE_MINUTES = [60, 240, 480, 1440];

interface WorkspaceMenuProps {
    workspace: Workspace;
    onPage?: boolean;
}

/**
 * Everything that can be done with a workspace. Only a button until it is first pressed: a list of a thousand has a thousand
 * of them.
 */
export function WorkspaceMenu(props: WorkspaceMenuProps) {
    const [asked, setAsked] = useState(false);
    if (asked) {
        return <OpenedMenu {...props} />;
    }
    return (
        <ActionIcon
            size={30}
            aria-haspopup="menu"
            aria-expanded={false}
            aria-label={messages.common.moreActions(props.workspace.spec.displayName)}
            onClick={() => setAsked(true)}
        >
            <IconDots size={18} />
        </ActionIcon>
    );
}

function OpenedMenu({ workspace, onPage = false }: WorkspaceMenuProps) {
    const texts = messages.workspaces;
    const { displayName } = workspace.spec;
    const target = useRef<HTMLButtonElement>(null);
    const [opened, setOpened] = useState(false);
    useEffect(() => {
        // It took the pressed button's place: the focus comes back here when the menu closes.
        target.current?.focus();
        setOpened(true);
    }, []);
    return (
        <Menu width={230} opened={opened} onChange={setOpened} returnFocus>
            <Menu.Target>
                <ActionIcon ref={target} size={30} aria-label={messages.common.moreActions(displayName)}>
                    <IconDots size={18} />
                </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
                <Entries workspace={workspace} onPage={onPage} />
                <Menu.Divider />
                <Menu.Item
                    color="red"
                    leftSection={<IconTrash size={16} />}
                    onClick={() =>
                        modals.open({ title: texts.deleteTitle(displayName), children: <DeleteDialog workspace={workspace} />, size: 460 })
                    }
                >
                    {texts.delete}
                </Menu.Item>
            </Menu.Dropdown>
        </Menu>
    );
}

function Entries({ workspace, onPage }: { workspace: Workspace; onPage: boolean }) {
    const texts = messages.workspaces;
    const { hibernate, resume, keepAwake } = useWorkspaceActions();
    const { data: templates } = useQuery(templatesQuery);
    const owns = useSession().user.name === workspace.spec.owner;
    const template = templates?.items.find((each) => each.metadata.name === workspace.spec.templateRef);
    const ceiling = template?.spec.keepAwakeCeilingMinutes ?? 0;
    const { href, leaves } = continueAddress(workspace);
    const { state } = workspace.status;
    const running = state === 'running' && workspace.spec.operatingMode === 'Running';
    return (
        <>
            {leaves && (
                <Menu.Item component="a" href={href} leftSection={<IconExternalLink size={16} />}>
                    {texts.open}
                </Menu.Item>
            )}
            {!onPage && (
                <Menu.Item component={Link} to={workspacePath(workspace.metadata.name)} leftSection={<IconInfoCircle size={16} />}>
                    {texts.details}
                </Menu.Item>
            )}
            {running && (
                <Menu.Item leftSection={<IconMoon size={16} />} onClick={() => hibernate.mutate(workspace)}>
                    {texts.hibernate}
                </Menu.Item>
            )}
            {state === 'hibernated' && (
                <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={() => resume.mutate(workspace)}>
                    {texts.resume}
                </Menu.Item>
            )}
            <Menu.Item
                leftSection={<IconPencil size={16} />}
                onClick={() => modals.open({ title: texts.renameTitle, children: <RenameDialog workspace={workspace} />, size: 420 })}
            >
                {texts.rename}
            </Menu.Item>
            {running && owns && ceiling > 0 && (
                <>
                    <Menu.Divider />
                    <Menu.Label>{texts.keepAwake}</Menu.Label>
                    {[...new Set(KEEP_AWAKE_MINUTES.map((minutes) => Math.min(minutes, ceiling)))].map((minutes) => (
                        <Menu.Item
                            key={minutes}
                            leftSection={<IconAlarm size={16} />}
                            onClick={() => keepAwake.mutate({ workspace, minutes })}
                        >
                            {texts.keepAwakeFor(minutesInWords(minutes))}
                        </Menu.Item>
                    ))}
                </>
            )}
        </>
    );
}
