import { ActionIcon, Kbd, Tooltip, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { Link, NavLink } from 'react-router';
import { Logo } from '../components/logo.tsx';
import { messages } from '../messages.ts';
import { openPalette } from './palette-state.ts';
import { useNavEntries } from './nav-entries.ts';
import { NavMenu } from './nav-menu.tsx';
import { UserMenu } from './user-menu.tsx';
import classes from './top-bar.module.css';

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function TopBar() {
    const entries = useNavEntries();
    const { common } = messages;
    return (
        <header className={classes['bar']}>
            <div className={classes['menu']}>
                <NavMenu />
            </div>
            <Link to="/" className={classes['brand']}>
                <Logo />
                <span className={classes['name']}>{common.product}</span>
            </Link>
            <nav aria-label={common.navigation} className={classes['nav']}>
                {entries.map(({ to, label }) => (
                    <NavLink key={to} to={to} end={to === '/'} className={classes['link'] as string}>
                        {label}
                    </NavLink>
                ))}
            </nav>
            <div className={classes['end']}>
                <UnstyledButton className={classes['search']} onClick={openPalette} aria-keyshortcuts="Control+K Meta+K">
                    <IconSearch size={15} aria-hidden />
                    <span className={classes['searchText']}>{common.palette.open}</span>
                    <Kbd aria-hidden className={classes['kbd'] as string}>
                        {IS_MAC ? '⌘ K' : 'Ctrl K'}
                    </Kbd>
                </UnstyledButton>
                <Tooltip label={common.palette.open}>
                    <ActionIcon
                        className={classes['searchIcon'] as string}
                        size="lg"
                        onClick={openPalette}
                        aria-label={common.palette.open}
                    >
                        <IconSearch size={18} />
                    </ActionIcon>
                </Tooltip>
                <UserMenu />
            </div>
        </header>
    );
}
