import '@mantine/core/styles/Kbd.layer.css';
import '@mantine/spotlight/styles.layer.css';
import { useMantineColorScheme } from '@mantine/core';
import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { workspacesQuery } from '../api/queries.ts';
import { repositoryLabel } from '../logic/git-address.ts';
import { messages } from '../messages.ts';
import { continueAddress } from '../workspaces/continue-address.ts';
import { useNavEntries } from './nav-entries.ts';
import { onOpenPalette } from './palette-state.ts';
import { useSignOut } from './use-sign-out.ts';
import classes from './command-palette.module.css';

const [store, spotlight] = createSpotlight();

/** `Ctrl/Cmd+K`: every workspace and every command, by typing. */
export default function CommandPalette() {
    const navigate = useNavigate();
    const entries = useNavEntries();
    const signOut = useSignOut();
    const { setColorScheme } = useMantineColorScheme();
    const { data } = useQuery(workspacesQuery('mine'));
    const { common, workspaces: texts } = messages;

    useEffect(() => {
        spotlight.open();
        return onOpenPalette(spotlight.toggle);
    }, []);

    const openings: SpotlightActionData[] = (data?.items ?? []).map((workspace) => ({
        id: workspace.metadata.uid,
        label: workspace.spec.displayName,
        description: [texts.states[workspace.status.state], workspace.spec.source && repositoryLabel(workspace.spec.source.url)]
            .filter(Boolean)
            .join(' · '),
        keywords: [workspace.metadata.name, workspace.status.branch ?? '', 'open'],
        onClick: () => {
            const { href, leaves } = continueAddress(workspace);
            if (leaves) {
                location.assign(href);
            } else {
                void navigate(href);
            }
        },
    }));
    const go = (to: string) => () => void navigate(to);
    const commands: SpotlightActionData[] = [
        { id: 'new', label: texts.create.submit, keywords: ['new', 'clone'], onClick: go('/new') },
        { id: 'theme-light', label: `${common.theme.title}: ${common.theme.light}`, onClick: () => setColorScheme('light') },
        { id: 'theme-dark', label: `${common.theme.title}: ${common.theme.dark}`, onClick: () => setColorScheme('dark') },
        { id: 'theme-auto', label: `${common.theme.title}: ${common.theme.auto}`, onClick: () => setColorScheme('auto') },
        { id: 'sign-out', label: common.signOut, onClick: () => signOut() },
    ];
    const places: SpotlightActionData[] = [...entries, { to: '/account', label: common.nav.account }].map(({ to, label }) => ({
        id: `go ${to}`,
        label,
        onClick: go(to),
    }));
    const groups: SpotlightActionGroupData[] = [
        { group: common.groups.workspaces, actions: openings },
        { group: common.groups.commands, actions: commands },
        { group: common.groups.goTo, actions: places },
    ];
    return (
        <Spotlight
            store={store}
            actions={groups.filter((group) => group.actions.length > 0)}
            shortcut={null}
            limit={10}
            highlightQuery
            classNames={classes}
            overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
            nothingFound={common.palette.nothing}
            searchProps={{
                leftSection: <IconSearch size={18} aria-hidden />,
                placeholder: common.palette.placeholder,
                'aria-label': common.palette.open,
            }}
        />
    );
}
