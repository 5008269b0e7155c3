import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { IconBook2, IconCheck, IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUser } from '@tabler/icons-react';
import { Link } from 'react-router';
import { PersonMark } from '../components/person-mark.tsx';
import { messages } from '../messages.ts';
import { useSession } from './session-context.ts';
import { useSignOut } from './use-sign-out.ts';
import classes from './user-menu.module.css';

const SCHEMES = [
    { value: 'auto', icon: IconDeviceDesktop },
    { value: 'light', icon: IconSun },
    { value: 'dark', icon: IconMoon },
] as const;

export function UserMenu() {
    const { user } = useSession();
    const { colorScheme, setColorScheme } = useMantineColorScheme();
    const signOut = useSignOut();
    const { common } = messages;
    return (
        <Menu width={240}>
            <Menu.Target>
                <ActionIcon size="lg" radius="xl" aria-label={common.userMenu}>
                    <PersonMark name={user.displayName} />
                </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
                <div className={classes['who']}>
                    <div className={classes['name']}>{user.displayName}</div>
                    <div className={classes['email']}>{user.email}</div>
                </div>
                <Menu.Divider />
                <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} />}>
                    {common.nav.account}
                </Menu.Item>
                <Menu.Item component="a" href="/api/docs" leftSection={<IconBook2 size={16} />}>
                    {common.apiDocs}
                </Menu.Item>
                <Menu.Divider />
                <Menu.Label>{common.theme.title}</Menu.Label>
                {SCHEMES.map(({ value, icon: Icon }) => (
                    <Menu.Item
                        key={value}
                        role="menuitemradio"
                        aria-checked={colorScheme === value}
                        closeMenuOnClick={false}
                        leftSection={<Icon size={16} />}
                        rightSection={colorScheme === value ? <IconCheck size={16} /> : undefined}
                        onClick={() => setColorScheme(value)}
                    >
                        {common.theme[value]}
                    </Menu.Item>
                ))}
                <Menu.Divider />
                <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut()}>
                    {common.signOut}
                </Menu.Item>
            </Menu.Dropdown>
        </Menu>
    );
}
