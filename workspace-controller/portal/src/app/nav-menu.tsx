import { ActionIcon, Menu } from '@mantine/core';
import { IconMenu2 } from '@tabler/icons-react';
import { Link } from 'react-router';
import { messages } from '../messages.ts';
import { useNavEntries } from './nav-entries.ts';

/** The navigation on narrow screens. */
export function NavMenu() {
    const entries = useNavEntries();
    return (
        <Menu position="bottom-start" width={220}>
            <Menu.Target>
                <ActionIcon size="lg" aria-label={messages.common.openMenu}>
                    <IconMenu2 size={18} />
                </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
                {entries.map(({ to, label }) => (
                    <Menu.Item key={to} component={Link} to={to}>
                        {label}
                    </Menu.Item>
                ))}
            </Menu.Dropdown>
        </Menu>
    );
}
